import { type Clock, type Logger, messageOf, type Output, type Timer } from '@weir/sdk'
import type { OtlpConfig } from './config.ts'
import { TryLater } from './errors.ts'
import type { LogsRequest } from './logs-request.ts'

export interface IntakeOptions {
  readonly config: Pick<OtlpConfig, 'ack' | 'room_timeout' | 'delivery_timeout'>
  readonly clock: Clock
  readonly logger: Logger
}

interface Waiter {
  proceed(): void
  refuse(reason: TryLater): void
}

const stopping = () => new TryLater('the receiver is stopping: send this request again')

/**
 * Passes requests on to the pipeline, one at a time. What a channel has been given cannot be taken back, so only one
 * request waits at it; those behind can be refused when they have waited too long, and nothing of them was taken: to
 * send them again makes no duplicates.
 */
export class Intake {
  readonly #options: IntakeOptions
  readonly #output: Output
  /** In the order in which they came. */
  readonly #waiters: Waiter[] = []
  /** Refuse requests whose deliveries are under way. */
  readonly #undelivered = new Set<(reason: TryLater) => void>()
  #isBusy = false
  #isStopped = false
  #onIdle: (() => void) | undefined
  #hasWarned = false

  constructor(output: Output, options: IntakeOptions) {
    this.#output = output
    this.#options = options
  }

  /**
   * Resolves when the request may be answered with success.
   * @throws TryLater
   */
  async take(request: LogsRequest): Promise<void> {
    const deliveries = await this.#passOn(request)
    if (deliveries.length === 0) return
    const delivered = Promise.all(deliveries)
    if (this.#options.config.ack === 'delivered') return this.#wait(delivered)
    delivered.catch((error: unknown) => this.#warnOfLoss(error))
  }

  /** Nothing more is sent when this resolves. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { refuse } of this.#waiters.splice(0)) refuse(stopping())
    if (!this.#isBusy) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onIdle = resolve
    await promise
  }

  /** Lets no request wait any longer. */
  close(): void {
    for (const refuse of this.#undelivered) refuse(stopping())
  }

  async #passOn(request: LogsRequest): Promise<Promise<void>[]> {
    await this.#turn()
    const deliveries: Promise<void>[] = []
    try {
      for (const batch of request.batches()) {
        const { done } = await this.#output.send(batch)
        done.catch(() => {})
        deliveries.push(done)
      }
    } catch (error) {
      throw new TryLater(`the pipeline does not take it: ${messageOf(error)}`)
    } finally {
      this.#next()
    }
    return deliveries
  }

  async #turn(): Promise<void> {
    if (this.#isStopped) throw stopping()
    if (!this.#isBusy) {
      this.#isBusy = true
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { proceed: resolve, refuse: reject }
    this.#waiters.push(waiter)
    const timer = this.#after(this.#options.config.room_timeout, () => {
      const index = this.#waiters.indexOf(waiter)
      if (index < 0) return
      this.#waiters.splice(index, 1)
      reject(new TryLater('there is no room in the pipeline: send this request again'))
    })
    try {
      await promise
    } finally {
      timer.cancel()
    }
  }

  #next(): void {
    const waiter = this.#waiters.shift()
    this.#isBusy = waiter !== undefined
    if (waiter === undefined) this.#onIdle?.()
    else waiter.proceed()
  }

  async #wait(delivered: Promise<unknown>): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    this.#undelivered.add(reject)
    const timer = this.#after(this.#options.config.delivery_timeout, () =>
      reject(new TryLater('it has not been delivered yet: send it again')),
    )
    try {
      await Promise.race([delivered, late])
    } catch (error) {
      throw error instanceof TryLater ? error : new TryLater(`it was not delivered: ${messageOf(error)}`)
    } finally {
      timer.cancel()
      this.#undelivered.delete(reject)
    }
  }

  #after(ms: number, callback: () => void): Timer {
    return this.#options.clock.after(ms, callback)
  }

  #warnOfLoss(error: unknown): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#options.logger.warn(
      `requests were accepted and not delivered, and their senders will not repeat them: ${messageOf(error)}`,
    )
  }
}
