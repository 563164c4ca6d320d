import { basename, dirname, relative, resolve, sep } from 'node:path'
import { nearest } from '@weir/sdk'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import { locateConfig } from './locate.ts'
import { mergeConfigs } from './merge.ts'
import { locate, type Place } from './place.ts'
import { type ConfigMap, isConfigMap, type Parsed, readConfig } from './read.ts'
import { substitute } from './substitute.ts'

export interface LoadOptions {
  /** Folder from which the config is looked for, and to which files are relative. */
  cwd: string
  /** Config files, merged in this order; none: one is looked for. */
  files: readonly string[]
  /** Profile to merge last; left out: the variable `WEIR_PROFILE`. */
  profile?: string | undefined
  env: { readonly [name: string]: string | undefined }
}

/** A config that was found, read, merged and substituted, but not yet validated: that takes the plugins it names. */
export interface ConfigSource {
  /** Folder of the first file: relative paths in the config start from it. */
  readonly baseDir: string
  /** As they are shown: relative to `cwd` if they are below it. */
  readonly files: readonly string[]
  readonly paths: readonly string[]
  readonly value: ConfigMap
  readonly place: Place
  /** What the `plugins` section says; its mistakes are found at validation. */
  readonly plugins: { readonly paths: readonly string[]; readonly prefer: { readonly [kindAndType: string]: string } }
  /** Whether there is something to validate: a file was found and all could be read. */
  readonly isReadable: boolean
  readonly diagnostics: readonly Diagnostic[]
}

/** Finds, reads, merges and substitutes a config. Never throws for what an operator can get wrong: see `diagnostics`. */
export async function loadConfig({ cwd, files, profile, env }: LoadOptions): Promise<ConfigSource> {
  const located = files.length > 0 ? files : [await locateConfig(cwd)].filter((path) => path !== undefined)
  const paths = located.map((path) => resolve(cwd, path))
  const names = paths.map((path) => shownName(path, cwd))
  const parsed = await Promise.all(paths.map((path, index) => readConfig(path, names[index] ?? path)))
  const nothing: Parsed = { value: {}, place: { children: new Map() }, diagnostics: [] }
  const merged = parsed.length === 0 ? nothing : parsed.reduce(mergeConfigs)
  const problems = paths.length === 0 ? [notFound] : merged.diagnostics
  const { value, place, diagnostics } = withProfile({ ...merged, diagnostics: problems }, profile ?? env.WEIR_PROFILE)
  const baseDir = paths[0] === undefined ? cwd : dirname(paths[0])
  const substituted = substitute(value, { env, baseDir, root: place })
  const result = isConfigMap(substituted.value) ? substituted.value : {}
  return {
    baseDir,
    files: names,
    paths,
    value: result,
    place,
    plugins: pluginsOf(result),
    isReadable: problems.length === 0,
    diagnostics: [...diagnostics, ...substituted.diagnostics],
  }
}

const notFound = diagnostic('error', 'WEIR_CONFIG_NOT_FOUND', 'no config was found here or above', {
  hint: 'write a weir.yaml, or name a file: weir run path/to/weir.yaml',
})

function shownName(path: string, cwd: string): string {
  const name = relative(cwd, path)
  return name.startsWith(`..${sep}`) ? path : name || basename(path)
}

function withProfile({ value, place, diagnostics }: Parsed, profile: string | undefined): Parsed {
  const { profiles = {}, ...rest } = value
  const base = { value: rest, place, diagnostics }
  const fail = (message: string, hint: string): Parsed => {
    const at = { path: ['profiles'], hint, position: locate(place, ['profiles'], 'key') }
    return { ...base, diagnostics: [...diagnostics, diagnostic('error', 'WEIR_CONFIG_PROFILE', message, at)] }
  }
  if (!isConfigMap(profiles) || !Object.values(profiles).every((one) => one === null || isConfigMap(one))) {
    return fail('profiles must be a map of partial configs', 'write profiles: { prod: { exporters: … } }')
  }
  if (!profile) return base
  if (!Object.hasOwn(profiles, profile)) {
    const names = Object.keys(profiles)
    const near = nearest(profile, names)
    const known = names.length === 0 ? 'the config has none' : `there are ${names.join(', ')}`
    return fail(`there is no profile "${profile}"`, near === undefined ? known : `did you mean "${near}"?`)
  }
  const chosen = profiles[profile]
  const at = place.children.get('profiles')?.children.get(profile) ?? { children: new Map() }
  return mergeConfigs(base, { value: isConfigMap(chosen) ? chosen : {}, place: at, diagnostics: [] })
}

function pluginsOf({ plugins }: ConfigMap): ConfigSource['plugins'] {
  const { paths, prefer } = isConfigMap(plugins) ? plugins : {}
  const texts = (entries: readonly [string, unknown][]) =>
    entries.flatMap(([key, item]): [string, string][] => (typeof item === 'string' ? [[key, item]] : []))
  return {
    paths: Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : [],
    prefer: Object.fromEntries(isConfigMap(prefer) ? texts(Object.entries(prefer)) : []),
  }
}
