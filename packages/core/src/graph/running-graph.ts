import { type Clock, messageOf, type Phase } from '@weir/sdk'
import type { Logger as PinoLogger } from 'pino'
import { starting } from '../stages/starting.ts'
import type { Graph } from './build.ts'

export interface RunningGraphOptions {
  readonly clock: Clock
  readonly logger: PinoLogger
  /** Aborted when everything must stop at once; the graph's components listen to it. */
  readonly abort: AbortController
  /** The input is read to its end, once: what is not delivered is not sent again. */
  readonly once: boolean
  /** How long a stop may take before it becomes a stop at once. */
  readonly shutdownMs: number
}

/** How long a component may take to stop once everything must stop at once; then it is left behind. */
const graceMs = 1000

/** The life of a graph: consumers start before producers and stop after them. */
export class RunningGraph {
  readonly graph: Graph
  readonly #options: RunningGraphOptions
  readonly #abandoned = Promise.withResolvers<void>()
  #phase: Phase = 'starting'
  #stopped: Promise<boolean> | undefined

  constructor(graph: Graph, options: RunningGraphOptions) {
    this.graph = graph
    this.#options = options
  }

  get phase(): Phase {
    return this.#phase
  }

  /** Starts everything. If anything fails, what has started is stopped. @throws WeirError that names the component */
  async start(): Promise<void> {
    const { extensions, exporters, pipelines, receivers } = this.graph
    try {
      for (const { id, extension } of extensions) await starting(id, () => extension.start())
      for (const exporter of exporters) await starting(exporter.id, () => exporter.start())
      for (const pipeline of [...pipelines].reverse()) await pipeline.start()
      for (const checkpoints of this.graph.checkpoints) checkpoints.start()
      for (const { stage, receiver } of receivers) await starting(stage.id, () => stage.start(receiver))
      if (this.#phase === 'starting') this.#phase = 'running'
    } catch (error) {
      this.abort(error)
      await this.stop()
      throw error
    }
  }

  /** Resolves when every receiver that ends has ended. */
  async ended(): Promise<void> {
    const never = new Promise<void>(() => {})
    await Promise.all(this.graph.receivers.map(({ stage, ends }) => (ends ? stage.ended : never)))
  }

  /** Stops at once: attempts end, what waits is not delivered and its checkpoints do not move. */
  abort(reason: unknown): void {
    this.#options.abort.abort(reason)
    for (const exporter of this.graph.exporters) exporter.queue.abort(reason)
    for (const pipeline of this.graph.pipelines) pipeline.entrance.channel.abort(reason)
  }

  /**
   * Stops producers, drains what is under way, stops consumers. At the deadline it stops at once.
   * @returns whether everything was delivered
   */
  stop(): Promise<boolean> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<boolean> {
    this.#phase = 'stopping'
    const { clock, logger, shutdownMs, abort } = this.#options
    const { extensions, consumers, receivers, checkpoints } = this.graph
    const deadline = clock.after(shutdownMs, () => {
      logger.warn('not everything could be delivered before the deadline: stopping at once')
      this.abort(new Error('stopped at once'))
    })
    const abandon = () => {
      grace = clock.after(graceMs, () => this.#abandoned.resolve())
    }
    let grace = { cancel() {} }
    if (abort.signal.aborted) abandon()
    else abort.signal.addEventListener('abort', abandon, { once: true })
    for (const each of checkpoints) each.end()
    await this.#each(receivers, ({ stage }) => stage.stop())
    await this.#each(consumers, (consumer) => consumer.stop())
    await this.#each(receivers, ({ stage }) => stage.close())
    const isDelivered = !abort.signal.aborted && !(this.#options.once && receivers.some(({ stage }) => stage.hasFailed))
    if (isDelivered) for (const each of checkpoints) each.finish()
    await this.#each(extensions, ({ extension }) => extension.stop())
    deadline.cancel()
    grace.cancel()
    abort.signal.removeEventListener('abort', abandon)
    return isDelivered
  }

  /** Stops one after the other; one that fails or never settles does not keep the others from it. */
  async #each<Item>(items: readonly Item[], stop: (item: Item) => Promise<void> | void): Promise<void> {
    for (const item of items) {
      try {
        await Promise.race([stop(item), this.#abandoned.promise])
      } catch (error) {
        this.#options.logger.error({ error: messageOf(error) }, 'something could not be stopped cleanly')
      }
    }
  }
}
