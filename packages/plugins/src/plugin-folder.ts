import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { locateConfig } from '@weir/config'
import { isWeirError, nearest, WeirError } from '@weir/sdk'
import { definitionsOf } from './load-plugins.ts'
import { npm } from './npm.ts'
import { manifestOf, packageFolder, pluginIn } from './plugin-source.ts'

/** A plugin that was installed into `plugins.d/`. */
export interface InstalledPlugin {
  readonly name: string
  readonly version: string
  /** `detector burst`, … */
  readonly components: readonly string[]
  /** Why it cannot be used. */
  readonly problem?: WeirError
  /** As far as the registry tells. */
  readonly origin?: PluginOrigin
}

export interface PluginOrigin {
  readonly publisher?: string
  /** Whether the registry holds a signed statement of what source and build the package came from. */
  readonly hasProvenance: boolean
  readonly repository?: string
}

/** An update of one plugin. */
export interface PluginUpdate {
  readonly plugin: InstalledPlugin
  readonly from: string
}

/** No script of a package may run, and its peer, the SDK, is Weir's own. */
const installFlags = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error']

/** The plugins that were installed beside a config: a `plugins.d/` with a package.json and a lock file of its own. */
export class PluginFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** The folder that belongs to the config of `cwd`, or to `cwd` itself where there is none. */
  static async of(cwd: string): Promise<PluginFolder> {
    const config = await locateConfig(cwd)
    return new PluginFolder(join(config === undefined ? cwd : dirname(config), 'plugins.d'))
  }

  /**
   * Installs a plugin by npm: a name with or without a version, a folder, or a tarball. What is no plugin, or was made for
   * another Weir, or cannot be loaded is taken out again.
   * @throws WeirError `WEIR_PLUGIN_NPM`, `WEIR_PLUGIN_NONE`, `WEIR_PLUGIN_SDK`, `WEIR_PLUGIN_LOAD`, `WEIR_PLUGIN_EXPORT`
   */
  async add(spec: string, cwd: string): Promise<InstalledPlugin> {
    const before = this.#dependencies()
    const isLocal = existsSync(resolve(cwd, spec))
    const name = await this.#install(isLocal ? resolve(cwd, spec) : spec)
    const plugin = await this.#describe(name)
    if (plugin.problem !== undefined) {
      const previous = before[name]
      if (previous === undefined) await this.#uninstall(name)
      else await this.#install(previous.startsWith('file:') ? previous : `${name}@${previous}`)
      throw plugin.problem
    }
    const origin = isLocal ? undefined : await this.#origin(plugin)
    return origin === undefined ? plugin : { ...plugin, origin }
  }

  list(): Promise<InstalledPlugin[]> {
    return Promise.all(Object.keys(this.#dependencies()).map((name) => this.#describe(name)))
  }

  /** @throws WeirError `WEIR_PLUGIN_UNKNOWN`, `WEIR_PLUGIN_NPM` */
  async remove(name: string): Promise<void> {
    this.#known(name)
    await this.#uninstall(name)
  }

  /** Brings the newest version of one plugin, or of all that came from the registry. @throws as `add` does */
  async update(name: string | undefined, cwd: string): Promise<PluginUpdate[]> {
    const names = name === undefined ? Object.keys(this.#dependencies()) : [this.#known(name)]
    const updates: PluginUpdate[] = []
    for (const one of names) {
      if (this.#dependencies()[one]?.startsWith('file:')) continue
      const { version: from } = await this.#describe(one)
      const plugin = await this.add(`${one}@latest`, cwd)
      if (plugin.version !== from) updates.push({ plugin, from })
    }
    return updates
  }

  #dependencies(): { readonly [name: string]: string } {
    return manifestOf(this.path)?.dependencies ?? {}
  }

  #known(name: string): string {
    const names = Object.keys(this.#dependencies())
    if (names.includes(name)) return name
    const near = nearest(name, names)
    throw new WeirError(`the plugin ${name} is not installed in ${this.path}`, {
      code: 'WEIR_PLUGIN_UNKNOWN',
      hint: near === undefined ? 'weir plugin list shows what is' : `did you mean ${near}?`,
    })
  }

  /** @returns the name of the package that a spec is of */
  async #install(spec: string): Promise<string> {
    mkdirSync(this.path, { recursive: true })
    const manifest = join(this.path, 'package.json')
    if (!existsSync(manifest))
      writeFileSync(manifest, `${JSON.stringify({ private: true, type: 'module' }, undefined, 2)}\n`)
    const before = this.#dependencies()
    // A folder is copied, not linked: what runs is what was added.
    await npm(['install', '--save-exact', '--install-links', ...installFlags, spec], this.path)
    const after = Object.entries(this.#dependencies())
    const changed = after.find(([name, version]) => before[name] !== version)
    const same = after.find(
      ([name, version]) => spec === name || spec.startsWith(`${name}@`) || spec.endsWith(version.replace(/^file:/, '')),
    )
    const [name] = changed ?? same ?? []
    if (name !== undefined) return name
    throw new WeirError(`npm has installed nothing for ${spec}`, { code: 'WEIR_PLUGIN_NPM' })
  }

  async #uninstall(name: string): Promise<void> {
    await npm(['uninstall', ...installFlags, name], this.path)
  }

  async #describe(name: string): Promise<InstalledPlugin> {
    const folder = packageFolder(name, this.path)
    const version = (folder === undefined ? undefined : manifestOf(folder)?.version) ?? ''
    const [source] = folder === undefined ? [] : pluginIn(folder)
    try {
      if (source === undefined) throw noPlugin(name, folder === undefined)
      const definitions = await definitionsOf(source)
      return { name, version, components: definitions.map(({ kind, type }) => `${kind} ${type}`) }
    } catch (error) {
      if (!isWeirError(error)) throw error
      return { name, version, components: [], problem: error }
    }
  }

  async #origin({ name, version }: InstalledPlugin): Promise<PluginOrigin | undefined> {
    const answer = await npm(['view', '--json', `${name}@${version}`], this.path).catch(() => '{}')
    const { _npmUser: user, maintainers, dist, repository }: RegistryEntry = JSON.parse(answer)
    const publisher = typeof user === 'string' ? user : (user?.name ?? maintainers?.join(', '))
    const url = typeof repository === 'string' ? repository : repository?.url
    return {
      hasProvenance: dist?.attestations?.provenance !== undefined,
      ...(publisher === undefined ? {} : { publisher }),
      ...(url === undefined ? {} : { repository: url }),
    }
  }
}

interface RegistryEntry {
  readonly _npmUser?: string | { readonly name?: string }
  readonly maintainers?: readonly string[]
  readonly dist?: { readonly attestations?: { readonly provenance?: unknown } }
  readonly repository?: string | { readonly url?: string }
}

const noPlugin = (name: string, isMissing: boolean): WeirError =>
  isMissing
    ? new WeirError(`the plugin ${name} is named in package.json and not installed`, {
        code: 'WEIR_PLUGIN_NONE',
        hint: `weir plugin add ${name}`,
      })
    : new WeirError(`${name} is no Weir plugin: its package.json has no "weir": { "components": … }`, {
        code: 'WEIR_PLUGIN_NONE',
        hint: 'plugins have the keyword weir-plugin in the npm registry',
      })
