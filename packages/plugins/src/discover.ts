import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { manifestOf, type PluginSource, packageFolder, pluginIn } from './plugin-source.ts'

/** Dependencies of the package in `directory` that have the `weir` key. */
function pluginsAmongDependencies(directory: string): PluginSource[] {
  const manifest = manifestOf(directory)
  const names = Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies })
  return names.flatMap((name) => {
    const folder = packageFolder(name, directory)
    return folder === undefined ? [] : pluginIn(folder)
  })
}

const isPluginFile = (name: string) => /\.(ts|mts|js|mjs)$/.test(name) && !/\.(test|spec|d)\.[mc]?[jt]s$/.test(name)

/** The nearest folder at or above `directory` that has a package.json. */
function projectFolder(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at
    if (dirname(at) === at) return undefined
  }
}

export interface DiscoverOptions {
  /** Folder of the config: `plugins.d/` beside it and the dependencies of its project are looked at. */
  baseDir: string
  /** Package folders whose dependencies are looked at too: the command's own, with the built-in plugins. */
  hosts: readonly string[]
  /** Further package folders or files, from the config's `plugins.paths` or the command line. */
  paths: readonly string[]
}

/** Where plugins are: built-in ones first, then the project's, then `plugins.d/`, then what the config names. */
export function discover({ baseDir, hosts, paths }: DiscoverOptions): PluginSource[] {
  const project = projectFolder(baseDir)
  const local = [baseDir, ...(project === undefined || project === baseDir ? [] : [project])].map((folder) =>
    join(folder, 'plugins.d'),
  )
  const sources = [
    ...hosts.flatMap(pluginsAmongDependencies),
    ...(project === undefined ? [] : pluginsAmongDependencies(project)),
    ...local.flatMap(pluginsAmongDependencies),
    ...local.flatMap(filesIn),
    ...paths.flatMap((path) => atPath(resolve(baseDir, path))),
  ]
  return [...new Map(sources.map((source) => [source.entry, source])).values()]
}

const fileSource = (path: string): PluginSource => ({
  name: path,
  version: 'local',
  entry: pathToFileURL(path).href,
  localPath: path,
})

function filesIn(folder: string): PluginSource[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isPluginFile(entry.name))
    .map((entry) => fileSource(join(folder, entry.name)))
    .sort((one, other) => (one.entry < other.entry ? -1 : 1))
}

const atPath = (path: string): PluginSource[] =>
  isPluginFile(path) ? [fileSource(path)] : pluginIn(path, true).map((source) => ({ ...source, localPath: path }))
