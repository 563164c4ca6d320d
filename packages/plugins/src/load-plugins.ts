import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshUrl, messageWithPlace } from '@weir/config'
import { type Definition, isDefinition, WeirError } from '@weir/sdk'
import { type DiscoverOptions, discover } from './discover.ts'
import { registerPluginHooks } from './plugin-modules.ts'
import { checkSdkRange, type PluginSource } from './plugin-source.ts'
import { Registry } from './registry.ts'

/** A plugin that could not be loaded, and why; the others are there. */
export interface PluginProblem {
  readonly plugin: string
  readonly error: WeirError
}

export interface LoadedPlugins {
  readonly registry: Registry
  readonly problems: readonly PluginProblem[]
  /** Files and folders of the operator's own plugins. */
  readonly localPaths: readonly string[]
}

/**
 * The definitions that a plugin's module exports by default: one, or a list.
 * @throws WeirError `WEIR_PLUGIN_SDK`, `WEIR_PLUGIN_LOAD`, `WEIR_PLUGIN_EXPORT`
 */
export async function definitionsOf(source: PluginSource): Promise<Definition[]> {
  registerPluginHooks()
  checkSdkRange(source)
  let exported: unknown
  try {
    const module: { default?: unknown } = await import(source.entry)
    exported = module.default
  } catch (error) {
    const path = fileURLToPath(source.entry)
    const isBuilt = existsSync(path)
    const reason = isBuilt ? messageWithPlace(error, dirname(path)) : `there is no ${path}`
    throw new WeirError(`plugin ${source.name} could not be loaded: ${reason}`, {
      code: 'WEIR_PLUGIN_LOAD',
      hint: isBuilt
        ? 'run its own tests, or remove it'
        : 'it has not been built: npm run build in its folder, then npm pack',
      cause: error,
    })
  }
  const definitions = Array.isArray(exported) ? exported : [exported]
  if (definitions.length === 0 || !definitions.every(isDefinition)) {
    throw new WeirError(`plugin ${source.name} has no component definition as its default export`, {
      code: 'WEIR_PLUGIN_EXPORT',
      hint: 'export default defineDetector({ … }), or a list of definitions',
    })
  }
  return definitions
}

export interface LoadOptions extends DiscoverOptions {
  readonly prefer?: { readonly [kindAndType: string]: string }
  /** Words of the config: a plugin that says what it offers is left alone if nothing of it is among them. */
  readonly words?: ReadonlySet<string>
}

/** Finds and loads the plugins. One that is broken is reported; the others load. */
export async function loadPlugins(options: LoadOptions): Promise<LoadedPlugins> {
  const registry = new Registry(options.prefer)
  const problems: PluginProblem[] = []
  const sources = discover(options)
  for (const source of sources) {
    if (!isUsed(source, options.words)) {
      for (const kindAndType of source.types ?? []) registry.announce(kindAndType)
      continue
    }
    const entry = source.localPath === undefined ? source.entry : freshUrl(source.entry, folderOf(source.localPath))
    try {
      for (const definition of await definitionsOf({ ...source, entry })) {
        registry.add(definition, { packageName: source.name, version: source.version, entry })
      }
    } catch (error) {
      if (!(error instanceof WeirError)) throw error
      problems.push({ plugin: source.name, error })
    }
  }
  return { registry, problems, localPaths: sources.flatMap(({ localPath }) => localPath ?? []) }
}

/** Any parser may be what `auto` finds, named or not. */
function isUsed({ types }: PluginSource, words: ReadonlySet<string> | undefined): boolean {
  if (types === undefined || words === undefined) return true
  return types.some((kindAndType) => {
    const [kind = '', type = ''] = kindAndType.split('/')
    return kind === 'parser' || words.has(type)
  })
}

/** A package's folder, or the one that a file lies in. */
const folderOf = (path: string): string => (statSync(path).isDirectory() ? path : dirname(path))
