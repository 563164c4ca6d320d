import { resolve } from 'node:path'
import {
  byPosition,
  type ConfigSource,
  type Diagnostic,
  loadConfig,
  validateConfig,
  type WeirConfig,
} from '@weir/config'
import { type Plan, planGraph } from '@weir/plan'
import { loadPlugins, type PluginProblem, type Registry, usedWords } from '@weir/plugins'

export interface PrepareOptions {
  /** Folder from which the config is looked for. */
  cwd: string
  /** Config files, merged in this order; none: it is looked for. */
  files: readonly string[]
  profile?: string | undefined
  env: { readonly [name: string]: string | undefined }
  /** Package folders whose dependencies are the built-in plugins. */
  hosts: readonly string[]
  /** Further plugins: files or package folders, relative to `cwd`. */
  plugins?: readonly string[] | undefined
  /** Loads every plugin, not only those that the config may mean. */
  everyType?: boolean
}

/** A config that was read and checked; nothing runs. */
export interface Prepared {
  readonly registry: Registry
  readonly diagnostics: readonly Diagnostic[]
  readonly pluginProblems: readonly PluginProblem[]
  /** Files and folders that it was made from and that the operator may change: the config's, and local plugins. */
  readonly watched: readonly string[]
  /** There if the config is valid by its schemas. */
  readonly config?: WeirConfig
  /** There if the config can run. */
  readonly plan?: Plan
}

/** Reads the config, loads the plugins, checks everything and plans the graph. All problems come back at once. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const source = await loadConfig({
    cwd: options.cwd,
    files: options.files,
    profile: options.profile,
    env: options.env,
  })
  const { registry, problems, localPaths } = await loadPlugins({
    baseDir: source.baseDir,
    hosts: options.hosts,
    paths: [...source.plugins.paths, ...(options.plugins ?? []).map((path) => resolve(options.cwd, path))],
    prefer: source.plugins.prefer,
    ...(options.everyType === true ? {} : { words: usedWords(source.value) }),
  })
  const watched = [...source.paths, ...localPaths]
  return { registry, pluginProblems: problems, watched, ...checkConfig(source, registry) }
}

/** Checks a config by its schemas and its graph, so that the mistakes of both come back together. */
export function checkConfig(
  source: ConfigSource,
  registry: Registry,
): Pick<Prepared, 'diagnostics' | 'config' | 'plan'> {
  const { config, draft, diagnostics } = validateConfig(source, registry)
  if (draft === undefined) return { diagnostics }
  const graph = planGraph(draft, registry)
  const sorted = (all: Diagnostic[]) => all.sort(byPosition(source.files))
  if (config !== undefined && graph.plan !== undefined) {
    return { config, plan: graph.plan, diagnostics: sorted([...diagnostics, ...graph.diagnostics]) }
  }
  const consequences = graph.diagnostics.filter((found) => isConsequence(found, diagnostics))
  const all = sorted([...diagnostics, ...graph.diagnostics.filter((found) => !consequences.includes(found))])
  return config === undefined ? { diagnostics: all } : { config, diagnostics: all }
}

/** What another mistake has left unused, or missing in the same pipeline, is not worth a message of its own. */
function isConsequence({ severity, path }: Diagnostic, mistakes: readonly Diagnostic[]): boolean {
  if (severity === 'warning') return true
  return mistakes.some(
    (mistake) => mistake.path.length >= path.length && path.every((step, index) => step === mistake.path[index]),
  )
}
