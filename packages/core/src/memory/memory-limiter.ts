import { type Clock, type Logger, type Meter, RetryableError, type Timer } from '@weir/sdk'
import type { MemoryMeter } from './memory-meter.ts'

export interface MemoryLimits {
  /** Bytes from which receivers wait. */
  readonly softBytes: number
  /** Bytes from which receivers that can say so refuse what comes. */
  readonly hardBytes: number
  readonly checkMs: number
}

/** `slowed`: receivers wait. `refusing`: those that can tell their peer to try later do so. */
export type MemoryState = 'normal' | 'slowed' | 'refusing'

export interface MemoryLimiterOptions {
  readonly memory: MemoryMeter
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'warn'>
  readonly meter: Meter
}

/** Bytes let in after which one looks again at once. */
const lookBytes = 16 << 20
/** A collection of garbage stops everything for a moment: no more often than this. */
const collectMs = 2000
const states = { normal: 0, slowed: 1, refusing: 2 } as const

/**
 * Lets receivers send while there is memory for it. When it is short one delivery at a time goes on, if nothing else is under way: so a
 * limit that is too low makes the collector slow, and not stand still.
 */
export class MemoryLimiter {
  readonly #options: MemoryLimiterOptions
  readonly #gauges
  readonly #refused
  readonly #waiting: (() => void)[] = []
  #limits: MemoryLimits | undefined
  #timer: Timer | undefined
  #state: MemoryState = 'normal'
  #used = 0
  #admittedBytes = 0
  #underWay = 0
  #collectedAt = Number.NEGATIVE_INFINITY

  constructor(options: MemoryLimiterOptions) {
    this.#options = options
    const { meter } = options
    this.#gauges = {
      used: meter.gauge('weir_process_memory_used', { description: 'Memory as `memory_limit` sees it', unit: 'By' }),
      state: meter.gauge('weir_process_memory_state', { description: '0 normal, 1 receivers wait, 2 they refuse' }),
    }
    this.#refused = meter.counter('weir_process_memory_refusals', {
      description: 'Sends of receivers that were refused because of `memory_limit.hard`',
      unit: '{send}',
    })
  }

  /** Whether there is a limit that is watched. */
  get isOn(): boolean {
    return this.#timer !== undefined
  }

  get state(): MemoryState {
    return this.#state
  }

  /** Bytes in use when one looked last. */
  get used(): number {
    return this.#used
  }

  get limits(): MemoryLimits | undefined {
    return this.#limits
  }

  /** Looks from now on whether these limits are kept; without any, not at all. */
  watch(limits: MemoryLimits | undefined): void {
    this.stop()
    this.#limits = limits
    if (limits === undefined) return
    this.#look()
    this.#timer = this.#options.clock.every(limits.checkMs, () => this.#look())
  }

  /** Looks no more, and lets in whoever waits. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#state = 'normal'
    this.release()
  }

  /** Lets in whoever waits: all must stop. */
  release(): void {
    for (const proceed of this.#waiting.splice(0)) proceed()
  }

  /**
   * Waits until there is memory for what is to be sent. Call what it returns when the delivery has settled, or was none.
   * @param canRefuse whether the sender would rather be refused than wait
   * @throws RetryableError `WEIR_MEMORY_LIMIT`
   */
  async enter(bytes: number, canRefuse: boolean): Promise<() => void> {
    if (this.#timer !== undefined) {
      this.#admittedBytes += bytes
      if (this.#admittedBytes >= lookBytes) this.#look()
      if (this.#state === 'refusing' && canRefuse) this.#refuse()
      const waits = this.#state !== 'normal' && (this.#underWay > 0 || this.#waiting.length > 0)
      const { promise, resolve } = Promise.withResolvers<void>()
      const proceed = () => {
        this.#underWay++
        resolve()
      }
      if (waits) this.#waiting.push(proceed)
      else proceed()
      // Who need not wait comes a tick later, too, and so not before one that has just been let in.
      await promise
    } else {
      this.#underWay++
    }
    let isIn = true
    return () => {
      if (!isIn) return
      isIn = false
      this.#underWay--
      if (this.#underWay === 0) this.#waiting.shift()?.()
    }
  }

  #refuse(): never {
    this.#refused.add(1)
    throw new RetryableError('there is no memory for it now: send it again later', {
      code: 'WEIR_MEMORY_LIMIT',
      hint: 'raise service.memory_limit.hard, or make what is downstream faster',
    })
  }

  #look(): void {
    const { memory, clock } = this.#options
    const limits = this.#limits
    if (limits === undefined) return
    this.#admittedBytes = 0
    this.#used = memory.used()
    if (this.#used >= limits.softBytes && clock.monotonic() - this.#collectedAt >= collectMs) {
      memory.collect()
      this.#collectedAt = clock.monotonic()
      this.#used = memory.used()
    }
    this.#gauges.used.record(this.#used)
    this.#become(this.#used >= limits.hardBytes ? 'refusing' : this.#used >= limits.softBytes ? 'slowed' : 'normal')
    if (this.#state === 'normal') this.release()
    else if (this.#underWay === 0) this.#waiting.shift()?.()
  }

  #become(state: MemoryState): void {
    if (state === this.#state) return
    this.#state = state
    this.#gauges.state.record(states[state])
    const { logger } = this.#options
    const { softBytes: soft, hardBytes: hard } = this.#limits ?? {}
    const details = { used_bytes: this.#used, soft_bytes: soft, hard_bytes: hard }
    if (state === 'normal') logger.info(details, 'there is memory again: receivers go on')
    else
      logger.warn(
        details,
        state === 'slowed' ? 'memory is short: receivers wait' : 'memory is short: receivers refuse what comes',
      )
  }
}
