import type { TapPoint } from '@weir/control'
import {
  type Delivery,
  type Lines,
  type LinesDelivery,
  type LogBatch,
  type Output,
  type Receiver,
  WeirError,
} from '@weir/sdk'
import type { ReceiverMetrics } from '@weir/telemetry'
import { type Branch, fanOut } from '../channel/fan-out.ts'
import { PendingDelivery } from '../channel/pending-delivery.ts'
import type { DeliveryLedger } from '../checkpoint/delivery-ledger.ts'
import { Gate } from '../checkpoint/gate.ts'
import type { DeadLetters } from '../dead-letter/dead-letters.ts'
import type { MemoryLimiter } from '../memory/memory-limiter.ts'
import type { LineStage, LineStageOptions } from './line-stage.ts'

/** Where what is received goes. */
export interface ReceiverRoute {
  /** Names of the pipelines. */
  pipelines: readonly string[]
  branches: readonly Branch[]
  deadLetterBranches: readonly Branch[]
  deliveries: DeliveryLedger
}

export interface ReceiverStageOptions {
  id: string
  route: ReceiverRoute
  deadLetters: DeadLetters
  metrics: ReceiverMetrics
  tap: TapPoint
  memory: MemoryLimiter
  /** Whether it would rather be refused than wait when memory is short. */
  refuses: boolean
  /** Makes the stage for lines, for receivers that read lines. */
  createLines: ((sends: Pick<LineStageOptions, 'send' | 'sendDeadLetters'>) => LineStage) | undefined
}

/** What a receiver sends into, and its life. */
export class ReceiverStage implements Output {
  readonly id: string
  /** Passed by what the receiver sends. */
  readonly gate = new Gate()
  readonly #options: ReceiverStageOptions
  readonly #lines: LineStage | undefined
  #route: ReceiverRoute
  readonly #ended = Promise.withResolvers<void>()
  /** Deliveries that are not done, in the order in which they began, and when that was. */
  readonly #underWay = new Map<Promise<unknown>, number>()
  #receiver: Receiver | undefined
  #hasFailed = false
  #unread: readonly string[] = []
  #isStopped = false

  constructor(options: ReceiverStageOptions) {
    this.id = options.id
    this.#options = options
    this.#route = options.route
    this.#lines = options.createLines?.({
      send: (batch) => this.#fanOut(batch),
      sendDeadLetters: (batch, why) => options.deadLetters.send(batch, why),
    })
  }

  /** How long the oldest delivery has been under way, milliseconds; 0 if there is none. */
  get oldestDeliveryMs(): number {
    const [since] = this.#underWay.values()
    return since === undefined ? 0 : performance.now() - since
  }

  /** Names of the pipelines that it sends into. */
  get pipelines(): readonly string[] {
    return this.#route.pipelines
  }

  /** Something that it sent was not delivered. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** What of the input could not be read, once that has ended. */
  get unread(): readonly string[] {
    return this.#unread
  }

  /** Resolves when the input has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Sends into other pipelines from now on. Nothing may be passing the gate. */
  reroute(route: ReceiverRoute): void {
    this.#route = route
    this.#options.deadLetters.reroute(route.deadLetterBranches)
  }

  async start(receiver: Receiver): Promise<void> {
    this.#receiver = receiver
    await receiver.start(this)
  }

  async stop(): Promise<void> {
    await this.#receiver?.stop()
    this.#isStopped = true
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay.keys())
  }

  /** Waits for what is under way, then lets the receiver close. */
  async close(): Promise<void> {
    await this.settled()
    await this.#receiver?.close?.()
    await this.#lines?.close()
  }

  async send(batch: LogBatch): Promise<Delivery> {
    this.#throwIfStopped()
    const { metrics } = this.#options
    const bytes = batch.byteLength
    return this.#admit(bytes, () => {
      metrics.accepted(batch.length)
      metrics.bytes(bytes)
      return this.gate.pass(async () => this.#watch(await this.#fanOut(batch)))
    })
  }

  async sendLines(lines: Lines): Promise<LinesDelivery> {
    this.#throwIfStopped()
    const stage = this.#lines
    if (stage === undefined) {
      throw new WeirError(`${this.id} sends lines without saying that it reads any`, {
        code: 'WEIR_OUTPUT_LINES',
        component: this.id,
        hint: "set reads: 'lines' in its definition",
      })
    }
    return this.#admit(lines.to - lines.from, async () => {
      const whole = new PendingDelivery(1)
      let stored: Promise<void> | undefined
      try {
        const delivery = await this.gate.pass(() => {
          // Only now is it known where it goes, and which checkpoint covers it.
          stored = this.#watch(whole).stored
          return stage.sendLines(lines)
        })
        this.#options.metrics.bytes(delivery.consumed - lines.from)
        whole.include(delivery)
        return { done: delivery.done, stored: stored ?? delivery.done, consumed: delivery.consumed }
      } finally {
        whole.settle()
      }
    })
  }

  storeSoon(): void {
    this.#route.deliveries.urge()
  }

  end(unread: readonly string[] = []): void {
    this.#unread = unread
    this.#ended.resolve()
  }

  /** Sends when there is memory for it. What waits here is not under way yet. */
  async #admit<D extends Delivery>(bytes: number, send: () => Promise<D>): Promise<D> {
    const { memory, refuses } = this.#options
    if (!memory.isOn) return send()
    const leave = await memory.enter(bytes, refuses)
    try {
      const delivery = await send()
      delivery.done.then(leave, leave)
      return delivery
    } catch (error) {
      leave()
      throw error
    }
  }

  #fanOut(batch: LogBatch): Promise<Delivery> {
    this.#options.tap.pass(batch)
    return fanOut(batch, this.#route.branches)
  }

  #watch({ done }: Delivery): Delivery {
    const stored = this.#route.deliveries.add({ done })
    const fail = () => {
      this.#hasFailed = true
    }
    const settled = done.catch(fail).finally(() => this.#underWay.delete(settled))
    this.#underWay.set(settled, performance.now())
    return { done, stored }
  }

  #throwIfStopped(): void {
    if (!this.#isStopped) return
    throw new WeirError(`${this.id} sent something after it had stopped`, {
      code: 'WEIR_OUTPUT_STOPPED',
      component: this.id,
    })
  }
}
