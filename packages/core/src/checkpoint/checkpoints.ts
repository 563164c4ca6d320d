import { type Checkpoint, type Clock, type Logger, messageOf, type Timer } from '@weir/sdk'
import type { StateStore } from '@weir/state'
import type { DeliveryLedger } from './delivery-ledger.ts'
import type { Gate } from './gate.ts'
import type { HeldState } from './held-state.ts'

/** A component that takes part, with its state. */
export interface Participant {
  readonly state: HeldState
  checkpoint(): Checkpoint
}

/** Something that batches pass: nothing is in it, or being worked on. */
interface Passage {
  readonly isIdle: boolean
}

export interface CheckpointsOptions {
  readonly gates: readonly Gate[]
  readonly passages: readonly Passage[]
  readonly deliveries: DeliveryLedger
  readonly participants: readonly Participant[]
  readonly store: StateStore
  readonly clock: Clock
  readonly logger: Logger
  readonly intervalMs: number
  /** What those before it still have to store; nothing is taken before. */
  readonly after?: Promise<unknown> | undefined
}

/** How often it is looked whether everything has passed. */
const lookMs = 2
/** How long receivers are held back at most, while a sink makes everything wait; twice as long each time that it was in vain. */
const firstPatienceMs = 2000
const maxPatienceMs = 300_000

/**
 * Stores what the components of connected pipelines know, together with the positions of their sources that it covers
 * (see `Checkpoint` in the SDK). One at a time is under way: it is taken at a moment, and stored when all that was sent
 * before that moment has been delivered.
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions
  /** Taken and not yet stored, as JSON by namespace and key; what a failed delivery kept back goes with the next one. */
  readonly #taken = new Map<string, Map<string, string>>()
  #timer: Timer | undefined
  #taking: Promise<unknown> = Promise.resolve()
  #isUnderWay = false
  /** Another one is wanted as soon as the one that is under way is over. */
  #isUrgent = false
  #isEnding = false
  #isOver = false
  #patienceMs = firstPatienceMs

  constructor(options: CheckpointsOptions) {
    this.#options = options
    for (const { state } of options.participants) state.hold()
    options.deliveries.needCheckpoints(() => this.#urge())
  }

  /** States that are only stored by this. */
  get states(): HeldState[] {
    return this.#options.participants.map(({ state }) => state)
  }

  start(): void {
    const { after } = this.#options
    this.#isUnderWay = after !== undefined
    void after?.finally(() => {
      this.#isUnderWay = false
    })
    this.#timer = this.#options.clock.every(this.#options.intervalMs, () => void this.#make())
  }

  /** No further one is taken; resolves when the gates are no business of this any more. */
  async end(): Promise<void> {
    this.#isEnding = true
    this.#timer?.cancel()
    await this.#taking
  }

  /**
   * Others take over: stores what was known last with the positions of what was sent, once that has been delivered.
   * @param isGoing whether the component of a state goes on; the others have stopped, and have written what they knew
   */
  async handOver(isGoing: (state: HeldState) => boolean): Promise<void> {
    const { participants, deliveries } = this.#options
    // One that is under way waits for less than what is taken now.
    this.#isOver = true
    for (const participant of participants) {
      const { state } = participant
      this.#add(state, isGoing(state) ? participant.checkpoint() : state.held)
    }
    deliveries.take()
    try {
      await deliveries.delivered()
      this.#store()
    } catch (error) {
      this.#warn(error)
    }
    deliveries.abandon(new Error('the pipelines have stopped, and no checkpoint was stored'))
  }

  /**
   * Everything has stopped but the receivers' connections. If all that was sent has been delivered, stores what the
   * processors wrote last with the positions of what was sent, so that receivers can acknowledge it; otherwise the next
   * run begins with the checkpoint before. A queue on disk that is full lets go of what has not found room.
   * @param isOpen whether the component of a state is not closed yet; the others have written what they knew
   */
  finish(isOpen: (state: HeldState) => boolean = () => false): void {
    this.#isOver = true
    const { participants, deliveries } = this.#options
    if (deliveries.hasFailed) return
    try {
      const known = participants.map((participant): [HeldState, Checkpoint] => {
        const { state } = participant
        return [state, { ...state.held, ...(isOpen(state) ? participant.checkpoint() : {}) }]
      })
      for (const [state, entries] of known) this.#add(state, entries)
      deliveries.take()
      this.#store()
    } catch (error) {
      this.#warn(error)
    }
  }

  /** It is over: what is not stored will not be. */
  abandon(): void {
    this.#isOver = true
    this.#options.deliveries.abandon(new Error('the collector has ended, and no checkpoint was stored'))
  }

  async #make(): Promise<void> {
    if (this.#isUnderWay || this.#isEnding) return
    this.#isUnderWay = true
    try {
      const taking = this.#take()
      this.#taking = taking.catch(() => {})
      if (!(await taking)) return
      await this.#options.deliveries.delivered()
      if (!this.#isOver) this.#store()
    } catch (error) {
      this.#warn(error)
    } finally {
      this.#isUnderWay = false
    }
    if (!this.#isUrgent) return
    this.#isUrgent = false
    void this.#make()
  }

  #urge(): void {
    this.#isUrgent = this.#isUnderWay
    if (!this.#isUnderWay) void this.#make()
  }

  /** Holds the receivers back until everything has passed, and asks the components. Whether that came about. */
  async #take(): Promise<boolean> {
    const { gates, participants, deliveries, clock } = this.#options
    const until = clock.monotonic() + this.#patienceMs
    for (const gate of gates) gate.close()
    try {
      // One more turn of the event loop after the last send has returned: its sender notes how far it has come.
      do {
        await new Promise((resolve) => setTimeout(resolve, this.#isStill ? 0 : lookMs))
        if (this.#isEnding) return false
        if (clock.monotonic() > until) {
          this.#patienceMs = Math.min(maxPatienceMs, 2 * this.#patienceMs)
          return false
        }
      } while (!this.#isStill)
      this.#patienceMs = firstPatienceMs
      for (const participant of participants) this.#add(participant.state, participant.checkpoint())
      deliveries.take()
      return true
    } finally {
      this.#open()
    }
  }

  #warn(error: unknown): void {
    this.#options.logger.warn(
      { error: messageOf(error) },
      'no checkpoint was made: something was not delivered; the next one covers it',
    )
  }

  get #isStill(): boolean {
    const { gates, passages } = this.#options
    return gates.every(({ isEmpty }) => isEmpty) && passages.every(({ isIdle }) => isIdle)
  }

  #open(): void {
    for (const gate of this.#options.gates) gate.open()
  }

  #add(state: HeldState, entries: Checkpoint): void {
    const { namespace } = state
    const taken = this.#taken.get(namespace) ?? new Map<string, string>()
    this.#taken.set(namespace, taken)
    // What a component gives out may change under its hands until it is stored.
    for (const [key, value] of Object.entries(entries)) taken.set(key, JSON.stringify(value))
  }

  #store(): void {
    const { store, deliveries, logger } = this.#options
    try {
      // Durably: receivers now tell sources to forget what it covers.
      store.setAllDurably(this.#taken)
      this.#taken.clear()
      deliveries.stored()
    } catch (error) {
      logger.error(
        { error: messageOf(error) },
        'the checkpoint could not be stored; it is tried again with the next one',
      )
    }
  }
}
