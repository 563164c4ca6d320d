import { registerHooks } from 'node:module'

const isSdk = (specifier: string) => specifier === '@weir/sdk' || specifier.startsWith('@weir/sdk/')
let isRegistered = false

/**
 * Lets a plugin file import `@weir/sdk` from wherever it lies: where Node finds no SDK of the plugin's own, it gets the
 * one that core uses.
 */
export function resolveSdkForPlugins(): void {
  if (isRegistered) return
  isRegistered = true
  registerHooks({
    resolve(specifier, context, next) {
      if (!isSdk(specifier)) return next(specifier, context)
      try {
        return next(specifier, context)
      } catch {
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}
