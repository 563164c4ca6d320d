import type { WeirConfig } from './config/config.ts'
import type { Diagnostic } from './config/diagnostic.ts'
import { loadConfig } from './config/load-config.ts'
import { validateConfig } from './config/validate.ts'
import { type Plan, planGraph } from './graph/plan.ts'
import { loadPlugins, type PluginProblem } from './plugins/load-plugins.ts'
import type { Registry } from './plugins/registry.ts'

export interface PrepareOptions {
  /** Folder from which the config is looked for. */
  cwd: string
  /** Config files, merged in this order; none: it is looked for. */
  files: readonly string[]
  profile?: string | undefined
  env: { readonly [name: string]: string | undefined }
  /** Package folders whose dependencies are the built-in plugins. */
  hosts: readonly string[]
}

/** A config that was read and checked; nothing runs. */
export interface Prepared {
  readonly registry: Registry
  readonly diagnostics: readonly Diagnostic[]
  readonly pluginProblems: readonly PluginProblem[]
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
  const { registry, problems } = await loadPlugins({
    baseDir: source.baseDir,
    hosts: options.hosts,
    paths: source.plugins.paths,
    prefer: source.plugins.prefer,
  })
  const base = { registry, pluginProblems: problems }
  const { config, diagnostics } = validateConfig(source, registry)
  if (config === undefined) return { ...base, diagnostics }
  const { plan, diagnostics: graphDiagnostics } = planGraph(config, registry)
  const all = [...diagnostics, ...graphDiagnostics]
  return plan === undefined ? { ...base, config, diagnostics: all } : { ...base, config, plan, diagnostics: all }
}
