import { registerHooks } from 'node:module'

const isSdk = (specifier: string) => specifier === '@weir/sdk' || specifier.startsWith('@weir/sdk/')
const generation = /\?generation=\d+$/
let isRegistered = false

/**
 * How the modules of plugins are found. A plugin file may import `@weir/sdk` from wherever it lies: where Node finds no
 * SDK of the plugin's own, it gets the one that core uses. And what a local plugin imports of its own files is loaded
 * anew together with it.
 */
export function registerPluginHooks(): void {
  if (isRegistered) return
  isRegistered = true
  registerHooks({
    resolve(specifier, context, next) {
      if (isSdk(specifier)) {
        try {
          return next(specifier, context)
        } catch {
          return next(specifier, { ...context, parentURL: import.meta.url })
        }
      }
      const resolved = next(specifier, context)
      const query = specifier.startsWith('.') ? generation.exec(context.parentURL ?? '')?.[0] : undefined
      return query === undefined ? resolved : { ...resolved, url: resolved.url + query }
    },
  })
}
