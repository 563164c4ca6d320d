import type { ComponentConfig, WeirConfig } from '@weir/config'
import { type Plan, type PlannedPipeline, relatedPipelines } from '@weir/plan'
import type { Clock, Processor } from '@weir/sdk'
import type { StateStore } from '@weir/state'
import { inject, injectable } from 'tsyringe'
import { Checkpoints, type CheckpointsOptions, type Participant } from '../checkpoint/checkpoints.ts'
import { DeliveryLedger } from '../checkpoint/delivery-ledger.ts'
import { ComponentFactory } from './component-factory.ts'
import type { Graph, Predecessor } from './graph.ts'
import { services } from './services.ts'

type Rememberer = Pick<Processor, 'checkpoint'>

/** The checkpoints of a graph: one for all pipelines that share receivers or feed each other. */
@injectable()
export class GraphCheckpoints {
  readonly #groups: readonly (readonly PlannedPipeline[])[]
  readonly #ledgers = new Map<string, DeliveryLedger>()
  /** Processors and connectors that remember something, by pipeline. */
  readonly #rememberers = new Map<string, Participant[]>()

  constructor(
    @inject(services.plan) plan: Plan,
    @inject(services.config) private readonly config: WeirConfig,
    @inject(services.predecessor) private readonly predecessor: { readonly of: Predecessor | undefined },
    @inject(services.clock) private readonly clock: Clock,
    @inject(services.state) private readonly store: StateStore,
    @inject(ComponentFactory) private readonly factory: ComponentFactory,
  ) {
    this.#groups = relatedPipelines(plan)
    for (const group of this.#groups) {
      const ledger = new DeliveryLedger()
      for (const { name } of group) this.#ledgers.set(name, ledger)
    }
  }

  /** Where what is sent into a pipeline is noted. */
  ledgerOf(pipeline: string | undefined): DeliveryLedger {
    return this.#ledgers.get(pipeline ?? '') ?? new DeliveryLedger()
  }

  /** A processor or connector of a pipeline is there. */
  note(pipeline: string, namespace: string, component: Rememberer): void {
    if (component.checkpoint === undefined) return
    const rememberers = this.#rememberers.get(pipeline) ?? []
    this.#rememberers.set(pipeline, [...rememberers, this.#participant(namespace, component)])
  }

  /**
   * All of them. A group in which nothing remembers has none: its receivers then save by themselves.
   * @param passagesOf what records of a group are in before they have passed
   */
  all(
    receivers: ReadonlyMap<ComponentConfig, Graph['receivers'][number]>,
    passagesOf: (group: readonly PlannedPipeline[]) => CheckpointsOptions['passages'],
  ): Graph['checkpoints'] {
    return this.#groups.flatMap((group) => this.#kept(group) ?? this.#make(group, receivers, passagesOf(group)))
  }

  #kept([first]: readonly PlannedPipeline[]): Graph['checkpoints'] | undefined {
    const { graph, kept } = this.predecessor.of ?? {}
    if (first === undefined || kept?.pipelines.has(first.name) !== true) return undefined
    return graph?.checkpoints.filter((of) => of.pipelines.includes(first.name))
  }

  #make(
    group: readonly PlannedPipeline[],
    made: ReadonlyMap<ComponentConfig, Graph['receivers'][number]>,
    passages: CheckpointsOptions['passages'],
  ): Graph['checkpoints'] {
    const pipelines = group.map(({ name }) => name)
    const rememberers = pipelines.flatMap((name) => this.#rememberers.get(name) ?? [])
    if (rememberers.length === 0) return []
    const receivers = [...new Set(group.flatMap((pipeline) => pipeline.receivers))]
    const checkpoints = new Checkpoints({
      gates: receivers.flatMap((component) => made.get(component)?.stage.gate ?? []),
      passages,
      deliveries: this.ledgerOf(pipelines[0]),
      participants: [
        ...receivers.flatMap((component) => {
          const receiver = made.get(component)?.receiver
          return receiver?.checkpoint === undefined ? [] : this.#participant(`receiver/${component.id}`, receiver)
        }),
        ...rememberers,
      ],
      store: this.store,
      clock: this.clock,
      logger: this.factory.logger('checkpoint'),
      intervalMs: this.config.service.checkpoint_interval,
      after: this.predecessor.of?.handedOver,
    })
    return [{ pipelines, checkpoints }]
  }

  #participant(namespace: string, component: Rememberer): Participant {
    return { state: this.factory.state(namespace), checkpoint: () => component.checkpoint?.() ?? {} }
  }
}
