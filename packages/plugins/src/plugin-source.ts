import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { WeirError } from '@weir/sdk'
import satisfies from 'semver/functions/satisfies.js'

/** A module that offers component definitions. */
export interface PluginSource {
  /** Package name, or the file's path for a file in `plugins.d/`. */
  readonly name: string
  readonly version: string
  /** URL of the module. */
  readonly entry: string
  /** The file or folder of a plugin of the operator's own, which may change while Weir runs. */
  readonly localPath?: string
  /** What it offers, as `kind/type`, if its package.json says so: then it is only loaded where it is used. */
  readonly types?: readonly string[]
  /** Versions of the SDK that it was made for. */
  readonly sdkRange?: string
}

export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly weir?: { readonly components?: string; readonly source?: string; readonly types?: readonly string[] }
  readonly dependencies?: { readonly [name: string]: string }
  readonly devDependencies?: { readonly [name: string]: string }
  readonly peerDependencies?: { readonly [name: string]: string }
}

/** The package.json of a folder, if there is one that can be read. */
export function manifestOf(directory: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/** The folder of a package as Node finds it from `directory`, without running anything of it. */
export function packageFolder(name: string, directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    if (existsSync(join(folder, 'package.json'))) return realpathSync(folder)
    if (dirname(at) === at) return undefined
  }
}

/** The plugin that a package folder is, if it is one. `fromSource`: its TypeScript rather than what was built of it. */
export function pluginIn(folder: string, fromSource = false): PluginSource[] {
  const manifest = manifestOf(folder)
  const { components, source, types } = manifest?.weir ?? {}
  if (manifest === undefined || components === undefined) return []
  const hasSource = fromSource && source !== undefined && existsSync(resolve(folder, source))
  const sdkRange = manifest.peerDependencies?.['@weir/sdk']
  return [
    {
      name: manifest.name ?? folder,
      version: manifest.version ?? '0.0.0',
      entry: pathToFileURL(resolve(folder, hasSource ? source : components)).href,
      ...(Array.isArray(types) ? { types: types.map(String) } : {}),
      ...(sdkRange === undefined ? {} : { sdkRange }),
    },
  ]
}

const { version: sdkVersion }: { version: string } = createRequire(import.meta.url)('@weir/sdk/package.json')

/** @throws WeirError `WEIR_PLUGIN_SDK` when a plugin was made for another version of the SDK */
export function checkSdkRange({ name, version, sdkRange }: PluginSource): void {
  if (sdkRange === undefined || sdkRange.startsWith('workspace:')) return
  if (satisfies(sdkVersion, sdkRange, { includePrerelease: true })) return
  throw new WeirError(`plugin ${name} ${version} needs @weir/sdk ${sdkRange}, and this Weir has ${sdkVersion}`, {
    code: 'WEIR_PLUGIN_SDK',
    hint: `use a version of the plugin that was made for it (weir plugin add ${name}@VERSION), or update Weir`,
  })
}
