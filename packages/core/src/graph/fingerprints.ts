import type { ComponentConfig, WeirConfig } from '@weir/config'
import { feeds, type Plan, type PlannedPipeline, references } from '@weir/plan'
import type { Registry } from '@weir/plugins'
import { Detectors, type Kind, Parsers, resolveConfig } from '@weir/sdk'

/** A config with its plan, as it runs or is about to. */
export interface Runnable {
  readonly config: WeirConfig
  readonly plan: Plan
  readonly registry: Registry
}

/** A processor of a pipeline, of which each has an instance of its own. */
export const processorKey = (id: string, pipeline: string): string => `processor/${id}@${pipeline}`

/**
 * Texts that are equal if components are the same in two configs: their own config and code, and those of everything that
 * they work with.
 */
export class Fingerprints {
  readonly #runnable: Runnable
  readonly #known = new Map<string, string>()

  constructor(runnable: Runnable) {
    this.#runnable = runnable
  }

  /** Of what one config has of a kind, by id. Exporters that feed pipelines go with these and are left out. */
  of(kind: 'receiver' | 'exporter' | 'extension'): Map<string, string> {
    const { pipelines, extensions } = this.#runnable.plan
    const ends = pipelines.flatMap(({ receivers, exporters }) => (kind === 'receiver' ? receivers : exporters))
    const components = kind === 'extension' ? extensions : ends.filter((each) => each.kind === kind)
    const own = components.filter((each) => kind !== 'exporter' || !feeds(each))
    return new Map(own.map((component) => [component.id, this.#one(component)]))
  }

  /** Of the processors, by `processorKey`. */
  ofProcessors(): Map<string, string> {
    const { pipelines } = this.#runnable.plan
    return new Map(
      pipelines.flatMap(({ name, processors }) =>
        processors.map((processor) => [processorKey(processor.id, name), this.#one(processor)] as const),
      ),
    )
  }

  /** Of pipelines that depend on each other, with all that stands in them. */
  ofGroup(group: readonly PlannedPipeline[]): string {
    const { on_error: onError, checkpoint_interval: interval } = this.#runnable.config.service
    const all = (components: readonly ComponentConfig[]) => components.map((component) => this.#one(component))
    const members = group.map(({ name, receivers, connectors, processors, exporters }) => [
      ...[name, all(receivers), all(connectors), all(processors), all(exporters)],
    ])
    return JSON.stringify([onError, interval, members])
  }

  #one(component: ComponentConfig): string {
    const key = `${component.kind}/${component.id}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    // What is named in a circle needs no second mention.
    this.#known.set(key, key)
    const text = JSON.stringify([this.#own(component), this.#works(component), this.#named(component)])
    this.#known.set(key, text)
    return text
  }

  /** A component, and the code that it is made by. */
  #own({ kind, id, type, resolved }: ComponentConfig): unknown {
    return [kind, id, resolved, this.#runnable.registry.find(kind, type)?.entry]
  }

  /** Whether it works in threads of the process's. */
  #works({ kind, type }: ComponentConfig): boolean {
    const { config, registry } = this.#runnable
    const definition = registry.find(kind, type)?.definition
    return config.service.workers > 0 && (definition?.reads === 'lines' || definition?.parallel === true)
  }

  /**
   * The components that its config names. One that asks for parsers or detectors and names none in its config may use
   * whichever there are.
   */
  #named({ kind, type, resolved }: ComponentConfig): unknown {
    const { config, registry } = this.#runnable
    const found = registry.find(kind, type)
    const names = [...references(found?.schema, resolved)]
    const tokens = new Set(Object.values(found?.definition.inject ?? {}).map(({ name }) => name))
    const uses = (token: { name: string }, of: Kind) =>
      tokens.has(token.name) && !names.some((name) => name.kind === of)
    return [
      names.map((name) => {
        const configured = config.components.get(name.kind)?.get(name.id)
        return configured === undefined ? this.#installed(name.kind, name.id) : this.#one(configured)
      }),
      uses(Parsers, 'parser') && this.#section('parser'),
      uses(Detectors, 'detector') && this.#section('detector'),
    ]
  }

  /** A type that works by its defaults. */
  #installed(kind: Kind, type: string): unknown {
    const { registry } = this.#runnable
    const found = registry.find(kind, type)
    if (found === undefined) return type
    const resolved = { ...Object(resolveConfig(found.schema, {})) }
    return this.#one({ kind, id: type, type, raw: {}, resolved, path: [] })
  }

  #section(kind: Kind): unknown {
    const { config, registry } = this.#runnable
    const configured = [...(config.components.get(kind)?.values() ?? [])].map((component) => this.#own(component))
    return [configured, registry.types(kind).map((type) => registry.find(kind, type)?.entry)]
  }
}
