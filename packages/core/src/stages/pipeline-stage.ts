import type { TapPoint } from '@weir/control'
import { type Flushed, flushedBatches, type LogBatch, type Logger, messageOf, type Processor } from '@weir/sdk'
import type { PipelineMetrics } from '@weir/telemetry'
import { Channel, edgeDefaults, type Parcel } from '../channel/channel.ts'
import { type Branch, fanOut } from '../channel/fan-out.ts'
import { PendingDelivery } from '../channel/pending-delivery.ts'
import type { ConnectorStage } from './connector-stage.ts'
import { starting } from './starting.ts'

/** One processor of a pipeline. */
export interface ProcessorNode {
  readonly id: string
  readonly processor: Processor
  /** Where its output goes, if it emits another signal. */
  readonly connector: ConnectorStage | undefined
  /** Passed by what it lets through. */
  readonly tap: TapPoint
}

export interface PipelineStageOptions {
  name: string
  processors: readonly ProcessorNode[]
  /** Those of them that run already: they have come over from another stage. */
  running?: ReadonlySet<ProcessorNode>
  /** Whether a processor changes records, so that a branch into this pipeline needs a copy of its own. */
  mutates: boolean
  branches: readonly Branch[]
  logger: Logger
  metrics: PipelineMetrics
  /** Passed by what comes in. */
  tap: TapPoint
  /** Told when a processor threw and the config says that this stops the collector. */
  onError: ((error: unknown) => void) | undefined
}

/** A pipeline: its processors fused into one call chain, between its own channel and those of its exporters. */
export class PipelineStage {
  readonly name: string
  readonly entrance: Branch
  readonly #options: PipelineStageOptions
  #running: Promise<void> = Promise.resolve()
  #isPassing = false
  #processor: string | undefined
  /** Processors that do not stop with this. */
  #leaving: ReadonlySet<ProcessorNode> = new Set()

  constructor(options: PipelineStageOptions) {
    this.name = options.name
    this.#options = options
    const onDrop = (batch: LogBatch) => options.metrics.dropped(batch.length, 'queue_full')
    this.entrance = { channel: new Channel({ ...edgeDefaults, onDrop }), mutates: options.mutates }
  }

  /** Nothing waits in front of it, and nothing is being processed. */
  get isIdle(): boolean {
    return !this.#isPassing && this.entrance.channel.size === 0
  }

  /** Id of the processor that has been given a batch and has not finished it. */
  get busyProcessor(): string | undefined {
    return this.#processor
  }

  get processors(): readonly ProcessorNode[] {
    return this.#options.processors
  }

  async start(): Promise<void> {
    const { processors, running } = this.#options
    for (const node of processors) if (!running?.has(node)) await starting(node.id, () => node.processor.start?.())
    for (const { connector } of processors) connector?.gate.open()
    this.#running = this.#run()
  }

  /** Some of its processors will go on in another stage, to which they are handed when this one has stopped; or none will. */
  leave(processors: readonly ProcessorNode[]): void {
    this.#leaving = new Set(processors)
    if (processors.length === 0) for (const { connector } of this.#options.processors) connector?.gate.open()
  }

  /**
   * Takes nothing more in, lets through what waits and what the processors held back, and stops them. What one that goes
   * on has to send then waits for its next stage.
   */
  async stop(): Promise<void> {
    this.entrance.channel.close()
    await this.#running
    const stopping = [...this.#options.processors.entries()].filter(([, node]) => !this.#leaving.has(node))
    for (const [index, { processor, tap }] of stopping) {
      const rest = await this.#guard(index, () => processor.flush?.() ?? null)
      for (const batch of flushedBatches(rest)) {
        tap.pass(batch)
        await this.#pass({ batch, delivery: new PendingDelivery(1) }, index + 1)
      }
    }
    for (const { connector } of this.#leaving) {
      connector?.gate.close()
      await connector?.gate.empty()
    }
    for (const [index, { processor }] of stopping) {
      await this.#guard(index, async () => {
        await processor.stop?.()
        return null
      })
    }
  }

  async #run(): Promise<void> {
    for (;;) {
      const parcel = await this.entrance.channel.take()
      if (parcel === undefined) return
      this.#isPassing = true
      this.#options.metrics.incoming(parcel.batch.length)
      this.#options.tap.pass(parcel.batch)
      await this.#pass(parcel, 0)
      this.#isPassing = false
    }
  }

  /** Passes a batch through the processors from the one at `first` on, and out. */
  async #pass({ batch, delivery }: Parcel, first: number): Promise<void> {
    const { processors, branches, metrics } = this.#options
    let current: LogBatch | null = batch
    for (let index = first; index < processors.length && current !== null; index++) {
      const node = processors[index]
      if (node === undefined) break
      this.#processor = node.id
      current = await this.#process(node, index, current)
      node.connector?.moveDeliveriesTo([delivery])
      if (current !== null) node.tap.pass(current)
    }
    this.#processor = undefined
    if (current !== null && current.length > 0) {
      metrics.outgoing(current.length)
      delivery.include(await fanOut(current, branches))
    }
    delivery.settle()
  }

  #process(node: ProcessorNode, index: number, batch: LogBatch): LogBatch | null | Promise<LogBatch | null> {
    try {
      const result = node.processor.process(batch)
      return result instanceof Promise ? result.catch((error: unknown) => this.#failed(index, batch, error)) : result
    } catch (error) {
      return this.#failed(index, batch, error)
    }
  }

  async #guard(index: number, call: () => Flushed | Promise<Flushed>): Promise<Flushed> {
    try {
      return await call()
    } catch (error) {
      return this.#failed(index, undefined, error)
    }
  }

  /** A processor threw: its batch is dropped and counted, since what it would have removed must not get through. */
  #failed(index: number, batch: LogBatch | undefined, error: unknown): null {
    const { processors, metrics, logger, onError } = this.#options
    const id = processors[index]?.id ?? ''
    metrics.error(id)
    if (batch !== undefined) metrics.dropped(batch.length, 'processor_error')
    logger.error(
      { processor: id, records: batch?.length ?? 0, error: messageOf(error) },
      'a processor threw: its batch is dropped',
    )
    onError?.(error)
    return null
  }
}
