import { type InstalledPlugin, PluginFolder } from '@weir/plugins'
import { columns } from './columns.ts'

const print = (text: string) => void process.stdout.write(`${text}\n`)
const shown = ({ name, version }: InstalledPlugin) => `${name}@${version}`

export async function addPlugins(specs: string[]): Promise<void> {
  const folder = await PluginFolder.of(process.cwd())
  for (const spec of specs) {
    const plugin = await folder.add(spec, process.cwd())
    print(`added ${shown(plugin)}: ${plugin.components.join(', ')}`)
    const { origin } = plugin
    if (origin === undefined) continue
    print(`  publisher: ${origin.publisher ?? 'not told by the registry'}`)
    print(`  provenance: ${origin.hasProvenance ? `signed, from ${origin.repository ?? 'its repository'}` : 'none'}`)
  }
}

export async function listPlugins(options: { json?: boolean }): Promise<void> {
  const folder = await PluginFolder.of(process.cwd())
  const plugins = await folder.list()
  if (options.json) {
    const plain = plugins.map(({ problem, ...plugin }) => ({ ...plugin, problem: problem?.message ?? null }))
    return print(JSON.stringify(plain, undefined, 2))
  }
  if (plugins.length === 0) return print(`no plugins are installed in ${folder.path}`)
  const rows = plugins.map(({ name, version, components, problem }) => [
    name,
    version,
    problem === undefined ? components.join(', ') : `unusable: ${problem.message}`,
  ])
  process.stdout.write(columns([['PLUGIN', 'VERSION', 'COMPONENTS'], ...rows]))
}

export async function removePlugins(names: string[]): Promise<void> {
  const folder = await PluginFolder.of(process.cwd())
  for (const name of names) {
    await folder.remove(name)
    print(`removed ${name}`)
  }
}

export async function updatePlugins(names: string[]): Promise<void> {
  const folder = await PluginFolder.of(process.cwd())
  const wanted = names.length === 0 ? [undefined] : names
  let count = 0
  for (const name of wanted) {
    for (const { plugin, from } of await folder.update(name, process.cwd())) {
      count++
      print(`updated ${plugin.name} from ${from} to ${plugin.version}`)
    }
  }
  if (count === 0) print('nothing to update')
}
