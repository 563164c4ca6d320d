import { resolve } from 'node:path'
import { type Definition, isWeirError, type Kind, nearest, resolveConfig, type Signal, sections } from '@weir/sdk'
import type { ComponentConfig, PipelineConfig, WeirConfig } from './config.ts'
import { byPosition, type Diagnostic, diagnostic } from './diagnostic.ts'
import type { ConfigSource } from './load-config.ts'
import { problemOf, standardProblem } from './own-check.ts'
import { type ConfigPath, locate } from './place.ts'
import { type ConfigMap, isConfigMap } from './read.ts'
import type { RegistryView } from './registry-view.ts'
import { didYouMean, SchemaCheck } from './schema-check.ts'
import { pluginsSchema, type ServiceConfig, serviceSchema } from './service-schema.ts'

export interface Validation {
  /** There if nothing is wrong. */
  readonly config?: WeirConfig
  /** What could be made of the config all the same, so that the graph's mistakes can be told along with the others. */
  readonly draft?: WeirConfig
  readonly diagnostics: Diagnostic[]
}

/** Checks a config by the schemas of the installed component types. All problems come back at once. */
export function validateConfig(source: ConfigSource, registry: RegistryView): Validation {
  if (!source.isReadable) return { diagnostics: [...source.diagnostics] }
  const validator = new Validator(source, registry)
  const draft = validator.run()
  // What a failed substitution has left there is not worth a second message.
  const failed = new Set(source.diagnostics.map(({ path }) => JSON.stringify(path)))
  const found = validator.diagnostics.filter(({ path }) => !failed.has(JSON.stringify(path)))
  const diagnostics = [...source.diagnostics, ...found].sort(byPosition(source.files))
  return diagnostics.some(({ severity }) => severity === 'error')
    ? { draft, diagnostics }
    : { config: draft, draft, diagnostics }
}

const kinds: readonly [Kind, string][] = Object.entries(sections) as [Kind, string][]
const componentId = /^[a-z][a-z0-9_]*(\/[^/\s]+)?$/

class Validator {
  readonly #source: ConfigSource
  readonly #registry: RegistryView
  readonly #schemas: SchemaCheck

  constructor(source: ConfigSource, registry: RegistryView) {
    this.#source = source
    this.#registry = registry
    this.#schemas = new SchemaCheck(source.place)
  }

  get diagnostics(): Diagnostic[] {
    return this.#schemas.diagnostics
  }

  run(): WeirConfig {
    const { value, baseDir, files, place } = this.#source
    const names = [...Object.values(sections), 'plugins', 'service', 'profiles']
    for (const name of Object.keys(value)) {
      if (!names.includes(name)) {
        this.#error(
          'WEIR_CONFIG_UNKNOWN_SECTION',
          'unknown section',
          [name],
          didYouMean(name, names) ?? `known: ${names.join(', ')}`,
          'key',
        )
      }
    }
    const components = new Map(kinds.map(([kind, section]) => [kind, this.#components(kind, section)]))
    this.#schemas.check(pluginsSchema, value.plugins ?? {}, ['plugins'])
    const service = this.#service()
    const locator = (path: ConfigPath) => locate(place, path)
    return { baseDir, files, components, pipelines: this.#pipelines(), service, raw: value, locate: locator }
  }

  #components(kind: Kind, section: string): Map<string, ComponentConfig> {
    const components = new Map<string, ComponentConfig>()
    for (const [id, value] of Object.entries(this.#section(section))) {
      const path = [section, id]
      const [type = ''] = id.split('/')
      if (!componentId.test(id)) {
        this.#error(
          'WEIR_CONFIG_ID',
          `"${id}" is no id of a component`,
          path,
          'write type or type/name: the type in lower case, the name without spaces',
          'key',
        )
        continue
      }
      const found = this.#registry.find(kind, type)
      const schema = found?.schema
      if (schema === undefined)
        this.#error(
          'WEIR_CONFIG_UNKNOWN_TYPE',
          `there is no ${kind} of type "${type}"`,
          path,
          this.#typeHint(kind, type),
          'key',
        )
      const known = this.diagnostics.length
      const checked = schema === undefined ? value : this.#schemas.check(schema, value ?? {}, path)
      const raw = isConfigMap(checked) ? checked : {}
      const component = { kind, id, type, raw, resolved: resolved(schema, raw), path }
      components.set(id, component)
      const isSound = this.diagnostics.slice(known).every(({ severity }) => severity !== 'error')
      if (isSound && !this.#isUnread(path)) this.#check(found?.definition, component)
    }
    return components
  }

  /** Whether something in the component could not be substituted. */
  #isUnread(path: ConfigPath): boolean {
    return this.#source.diagnostics.some((one) => path.every((step, index) => one.path[index] === step))
  }

  /** What the check of its kind, and the component's own, find. */
  #check(definition: Definition | undefined, component: ComponentConfig): void {
    const { path, resolved } = component
    const problem = standardProblem(component) ?? problemOf(definition, resolved)
    if (problem === undefined) return
    const at = [...path, ...problem.path]
    const position = locate(this.#source.place, at)
    this.diagnostics.push(
      diagnostic('error', problem.code, problem.message, { path: at, hint: problem.hint, position }),
    )
  }

  #section(section: string): ConfigMap {
    const value = this.#source.value[section] ?? {}
    if (isConfigMap(value)) return value
    this.#error(
      'WEIR_CONFIG_TYPE',
      `expected a map of ${section} by their ids`,
      [section],
      `write ${section}: { type/name: { … } }`,
    )
    return {}
  }

  #typeHint(kind: Kind, type: string): string {
    const elsewhere = kinds.find(([other]) => other !== kind && this.#registry.find(other, type) !== undefined)
    const provider = this.#registry.providerOf(kind, type)
    const types = this.#registry.types(kind)
    if (elsewhere !== undefined) return `it is a type of ${elsewhere[0]}: define it under ${elsewhere[1]}`
    if (provider !== undefined) return `the npm package ${provider} provides it`
    return didYouMean(type, types) ?? (types.length === 0 ? 'none is installed' : `installed: ${types.join(', ')}`)
  }

  #service(): ServiceConfig {
    const { value, baseDir } = this.#source
    if (value.service === undefined) {
      const hint = 'it names the pipelines: service: { pipelines: { logs: … } }'
      this.#error('WEIR_CONFIG_MISSING_KEY', 'the section "service" is missing', [], hint)
    } else {
      this.#schemas.check(serviceSchema, value.service, ['service'])
    }
    for (const [index, found] of this.diagnostics.entries()) {
      const [section, key, name] = found.path
      const isName = section === 'service' && key === 'pipelines' && found.path.length === 3
      if (isName && found.code === 'WEIR_CONFIG_UNKNOWN_KEY')
        this.diagnostics[index] = { ...found, ...nameProblem(String(name)) }
    }
    const { pipelines: _, ...given } = isConfigMap(value.service) ? value.service : {}
    const service = { ...resolved(serviceSchema, {}), ...resolved(serviceSchema, given) }
    // What resolveConfig makes of the schema is of the schema's type.
    const state_dir = service.state_dir === 'memory' ? 'memory' : resolve(baseDir, String(service.state_dir))
    return { ...service, state_dir } as ServiceConfig
  }

  #pipelines(): Map<string, PipelineConfig> {
    const { service } = this.#source.value
    const pipelines = new Map<string, PipelineConfig>()
    const all = isConfigMap(service) && isConfigMap(service.pipelines) ? service.pipelines : {}
    for (const [name, value] of Object.entries(all)) {
      const [signal = ''] = name.split('/')
      if (!isSignal(signal)) continue
      const ids = (place: string): string[] => {
        const list: unknown = isConfigMap(value) ? value[place] : []
        return Array.isArray(list) ? list.filter((id) => typeof id === 'string') : []
      }
      const path = ['service', 'pipelines', name]
      pipelines.set(name, {
        name,
        signal,
        path,
        receivers: ids('receivers'),
        processors: ids('processors'),
        exporters: ids('exporters'),
      })
    }
    return pipelines
  }

  #error(code: string, message: string, path: ConfigPath, hint: string, what: 'key' | 'value' = 'value'): void {
    this.diagnostics.push(
      diagnostic('error', code, message, { path, hint, position: locate(this.#source.place, path, what) }),
    )
  }
}

/** What is wrong with the name of a pipeline. */
function nameProblem(name: string): { code: string; message: string; hint: string } {
  const [signal = '', rest] = name.split('/')
  const near = nearest(signal, signals)
  const message = isSignal(signal) ? `"${name}" is no name of a pipeline` : `there is no signal "${signal}"`
  const hint =
    near === undefined || isSignal(signal)
      ? 'write logs, alerts or metrics, with /name if there are several'
      : undefined
  return {
    code: 'WEIR_CONFIG_SIGNAL',
    message,
    hint: hint ?? `did you mean "${[near, rest].filter(Boolean).join('/')}"?`,
  }
}

const signals: readonly Signal[] = ['logs', 'alerts', 'metrics']
const isSignal = (word: string): word is Signal => signals.some((signal) => signal === word)

/** The resolved config; nothing where it is too wrong to be resolved, which the schema has said. */
function resolved(schema: object | undefined, raw: ConfigMap): ConfigMap {
  try {
    const value = schema === undefined ? raw : resolveConfig(schema, raw)
    return isConfigMap(value) ? value : {}
  } catch (error) {
    if (isWeirError(error)) return {}
    throw error
  }
}
