import type { Kind } from '@weir/sdk'
import type { ComponentConfig, WeirConfig } from '../config/config.ts'
import type { Registry } from '../plugins/registry.ts'
import { isIsolated } from './isolation.ts'
import { feeds, type Plan, type PlannedPipeline } from './plan.ts'
import { relatedPipelines } from './related-pipelines.ts'

/** A config with its plan, as it runs or is about to. */
export interface Runnable {
  readonly config: WeirConfig
  readonly plan: Plan
  readonly registry: Registry
}

/** What goes on running under another config. */
export interface Kept {
  /** Ids of receivers and of exporters that are the same: their connections, files and queues stay. */
  readonly receivers: ReadonlySet<string>
  readonly exporters: ReadonlySet<string>
  /** Names of pipelines in whose whole group nothing has changed: nothing of it stands still for a moment. */
  readonly pipelines: ReadonlySet<string>
}

/**
 * What need not be stopped to go over from one config to another; `undefined` if all must start anew: the service or its
 * extensions have changed, or threads are in use.
 */
export function keptBetween(before: Runnable, after: Runnable): Kept | undefined {
  if (common(before) !== common(after) || usesThreads(before) || usesThreads(after)) return undefined
  const [old, next] = [new Fingerprints(before), new Fingerprints(after)]
  const oldGroups = new Set(relatedPipelines(before.plan).map((group) => old.ofGroup(group)))
  const groups = relatedPipelines(after.plan).filter((group) => oldGroups.has(next.ofGroup(group)))
  return {
    receivers: same(old.of('receiver'), next.of('receiver')),
    exporters: same(old.of('exporter'), next.of('exporter')),
    pipelines: new Set(groups.flatMap((group) => group.map(({ name }) => name))),
  }
}

/** What everything depends on. */
function common({ config, registry }: Runnable): string {
  const { pipelines: _, ...service } = Object(config.service)
  const extensions = [...(config.components.get('extension')?.values() ?? [])]
  return JSON.stringify([config.baseDir, service, extensions.map((component) => own(component, registry))])
}

const usesThreads = ({ config }: Runnable): boolean =>
  config.service.workers > 0 ||
  [...config.components.values()].some((components) => [...components.values()].some((c) => isIsolated(c.resolved)))

/** A component, and the code that it is made by. */
const own = ({ kind, id, type, resolved }: ComponentConfig, registry: Registry) => [
  ...[kind, id, resolved],
  registry.find(kind, type)?.entry,
]

/** Texts that are equal if components, or groups of pipelines, are the same. */
class Fingerprints {
  readonly #runnable: Runnable
  /** Everything that a receiver may parse by, and that a processor may ask for. */
  readonly #parsers: string
  readonly #helpers: string

  constructor(runnable: Runnable) {
    this.#runnable = runnable
    this.#parsers = this.#section('parser')
    this.#helpers = this.#parsers + this.#section('detector')
  }

  /** Of the components in use, by id. What stands between pipelines goes with these. */
  of(kind: 'receiver' | 'exporter'): Map<string, string> {
    const { pipelines } = this.#runnable.plan
    const used = pipelines.flatMap(({ receivers, exporters }) => (kind === 'receiver' ? receivers : exporters))
    const own = used.filter((each) => each.kind === kind && (kind === 'receiver' || !feeds(each)))
    return new Map(own.map((component) => [component.id, this.#one(component)]))
  }

  ofGroup(group: readonly PlannedPipeline[]): string {
    const all = (components: readonly ComponentConfig[]) => components.map((component) => this.#one(component))
    return JSON.stringify(
      group.map(({ name, receivers, connectors, processors, exporters }) => [
        ...[name, all(receivers), all(connectors), all(processors), all(exporters)],
      ]),
    )
  }

  #one(component: ComponentConfig): string {
    const helpers = { receiver: this.#parsers, exporter: '' }[String(component.kind)] ?? this.#helpers
    return JSON.stringify(own(component, this.#runnable.registry)) + helpers
  }

  #section(kind: Kind): string {
    const { config, registry } = this.#runnable
    const configured = [...(config.components.get(kind)?.values() ?? [])].map((component) => own(component, registry))
    return JSON.stringify([configured, registry.types(kind).map((type) => registry.find(kind, type)?.entry)])
  }
}

const same = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Set<string> =>
  new Set([...after].filter(([id, text]) => before.get(id) === text).map(([id]) => id))
