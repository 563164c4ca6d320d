import { type Clock, messageOf, type Phase } from '@weir/sdk'
import type { PinoLogger } from '@weir/telemetry'
import type { PipelineStage, ProcessorNode } from '../stages/pipeline-stage.ts'
import { starting } from '../stages/starting.ts'
import { processorKey } from './fingerprints.ts'
import type { Graph, Predecessor } from './graph.ts'
import type { Kept } from './kept.ts'

export interface RunningGraphOptions {
  readonly clock: Clock
  readonly logger: PinoLogger
  /** Aborted when everything must stop at once; the graph's components listen to it. */
  readonly abort: AbortController
  /** The input is read to its end, once: what is not delivered is not sent again. */
  readonly once: boolean
  /** How long a stop may take before it becomes a stop at once. */
  readonly shutdownMs: number
  /** What goes on of the graph before it: that has been started. */
  readonly predecessor?: Predecessor | undefined
  /** Whether receivers are started. */
  readonly receives?: boolean
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
    const { predecessor } = this.#options
    const before = predecessor?.graph
    const { extensions, exporters, pipelines, receivers, checkpoints } = this.graph
    const isNew =
      <Item>(items: readonly Item[] | undefined) =>
      (item: Item) =>
        items?.includes(item) !== true
    try {
      for (const { id, extension } of extensions.filter(isNew(before?.extensions)))
        await starting(id, () => extension.start())
      for (const exporter of exporters.filter(isNew(before?.exporters)))
        await starting(exporter.id, () => exporter.start())
      for (const pipeline of pipelines.filter(isNew(before?.pipelines)).reverse()) await pipeline.start()
      for (const each of checkpoints.filter(isNew(before?.checkpoints))) each.checkpoints.start()
      const receiving = this.#options.receives === false ? [] : receivers
      for (const { stage, receiver } of receiving.filter(isNew(before?.receivers)))
        await starting(stage.id, () => stage.start(receiver))
      for (const { stage } of receivers) stage.gate.open()
      if (predecessor !== undefined) this.#release(predecessor)
      if (this.#phase === 'starting') this.#phase = 'running'
    } catch (error) {
      // Of what goes on, someone else takes care.
      if (predecessor !== undefined) throw error
      this.abort(error)
      await this.stop()
      throw error
    }
  }

  /** Lets the components that no checkpoint covers any more write their state by themselves. */
  #release({ states, handedOver }: Predecessor): void {
    const covered = new Set(this.graph.checkpoints.flatMap(({ checkpoints }) => checkpoints.states))
    void handedOver.then(() => {
      for (const state of states) if (!covered.has(state)) state.release()
    })
  }

  /**
   * Stops all but what goes on under another config. What goes on and feeds something that stops is held back until
   * another graph has been started with it.
   * @returns what goes on; `undefined` if a sink made everything wait for too long: then only a stop of all helps
   */
  async reduceTo(kept: Kept): Promise<Predecessor | undefined> {
    const { clock, shutdownMs } = this.#options
    const { receivers, consumers, pipelines, exporters, extensions, checkpoints } = this.graph
    const staysPipeline = (name: string) => kept.pipelines.has(name)
    const stays = {
      extensions: extensions.filter(({ id }) => kept.extensions.has(id)),
      receivers: receivers.filter(({ stage }) => kept.receivers.has(stage.id)),
      pipelines: pipelines.filter(({ name }) => staysPipeline(name)),
      // Connectors go with their pipelines.
      exporters: exporters.filter(({ id, pipelines: of }) => kept.exporters.has(id) || of.some(staysPipeline)),
      checkpoints: checkpoints.filter(({ pipelines: of }) => of.some(staysPipeline)),
    }
    const ending = checkpoints.filter((each) => !stays.checkpoints.includes(each))
    const stopping = receivers.filter((each) => !stays.receivers.includes(each))
    const held = stays.receivers.filter(({ stage }) => !stage.pipelines.some(staysPipeline))
    const going = new Set<unknown>([...stays.pipelines, ...stays.exporters])
    const leaving = pipelines.filter((pipeline) => !stays.pipelines.includes(pipeline))
    const processors = new Map(leaving.flatMap((pipeline) => leave(pipeline, kept)))
    let isLate = false
    const late = Promise.withResolvers<void>()
    const deadline = clock.after(shutdownMs, () => {
      isLate = true
      late.resolve()
    })
    const each = async <Item>(items: readonly Item[], stop: (item: Item) => Promise<void> | void) => {
      for (const item of items) if (!isLate) await Promise.race([this.#each([item], stop), late.promise])
    }
    for (const { checkpoints: of } of ending) await of.end()
    for (const { stage } of held) stage.gate.close()
    await each(stopping, ({ stage }) => stage.stop())
    await each(held, ({ stage }) => stage.gate.empty())
    await each(
      consumers.filter((consumer) => !going.has(consumer)),
      (consumer) => consumer.stop(),
    )
    await each(stopping, ({ stage }) => stage.close())
    await each(
      extensions.filter((extension) => !stays.extensions.includes(extension)),
      ({ extension }) => extension.stop(),
    )
    deadline.cancel()
    if (isLate) {
      for (const pipeline of leaving) pipeline.leave([])
      return undefined
    }
    const namespaces = new Set([
      ...stays.receivers.map(({ stage: { id } }) => `receiver/${id}`),
      // The state of a processor goes by the same name.
      ...processors.keys(),
    ])
    const handedOver = Promise.all(
      ending.map(({ checkpoints: of }) => of.handOver(({ namespace }) => namespaces.has(namespace))),
    )
    const states = ending.flatMap(({ checkpoints: of }) => of.states)
    return { graph: { ...this.graph, ...stays }, kept, processors, handedOver, states }
  }

  /** Places in the config of what has been given something and has not finished it. */
  get busy(): string[] {
    const { pipelines, exporters } = this.graph
    return [
      ...pipelines.flatMap(({ busyProcessor: id }) => (id === undefined ? [] : `processors.${id}`)),
      ...exporters.flatMap(({ id, isIdle }) => (isIdle ? [] : `exporters.${id}`)),
    ]
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
      const message = 'not everything could be delivered before the deadline: stopping at once'
      logger.warn({ waiting_for: this.busy }, message)
      this.abort(new Error('stopped at once'))
    })
    const abandon = () => {
      grace = clock.after(graceMs, () => this.#abandoned.resolve())
    }
    let grace = { cancel() {} }
    if (abort.signal.aborted) abandon()
    else abort.signal.addEventListener('abort', abandon, { once: true })
    for (const each of checkpoints) await each.checkpoints.end()
    await this.#each(receivers, ({ stage }) => stage.stop())
    await this.#each(consumers, (consumer) => consumer.stop())
    await this.#each(receivers, ({ stage }) => stage.settled())
    await this.#options.predecessor?.handedOver
    const isDelivered = !abort.signal.aborted && !(this.#options.once && receivers.some(({ stage }) => stage.hasFailed))
    // Stored first, so that receivers can acknowledge it, and once more with what they write when they close.
    const open = new Set(receivers.map(({ stage }) => `receiver/${stage.id}`))
    if (isDelivered) for (const each of checkpoints) each.checkpoints.finish(({ namespace }) => open.has(namespace))
    for (const each of checkpoints) each.checkpoints.abandon()
    // A turn of the event loop, in which receivers hear of it.
    await new Promise(setImmediate)
    await this.#each(receivers, ({ stage }) => stage.close())
    if (isDelivered) for (const each of checkpoints) each.checkpoints.finish()
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

/** The processors of a pipeline that has to stop which go on, by key. */
function leave(pipeline: PipelineStage, kept: Kept): [string, ProcessorNode][] {
  const going = pipeline.processors
    .map((node): [string, ProcessorNode] => [processorKey(node.id, pipeline.name), node])
    // One that a pipeline has twice could not be told from itself.
    .filter(([key], _, all) => kept.processors.has(key) && all.filter(([other]) => other === key).length === 1)
  pipeline.leave(going.map(([, node]) => node))
  return going
}
