import { type DeadLetterFile, type Refusal, refusalAttributes, writeDeadLetters } from '@weir/dead-letter'
import { attributeMap, type Clock, type Delivery, type LogBatch, type Logger } from '@weir/sdk'
import { type Branch, fanOut } from '../channel/fan-out.ts'
import { PendingDelivery } from '../channel/pending-delivery.ts'

/** What a component says about what it gives up; who and when is known. */
export type Why = Omit<Refusal, 'component' | 'time'>

export interface DeadLettersOptions {
  /** Kind and id of the component. */
  readonly component: string
  readonly clock: Clock
  readonly logger: Logger
  /** The pipeline that they go to. */
  readonly branches: readonly Branch[]
  /** The file that they go to; `stopping` aborts when a write that keeps failing must not be tried any longer. */
  readonly file?:
    | { readonly letters: DeadLetterFile; readonly maxBytes: number; readonly stopping: AbortSignal }
    | undefined
  /** Told how many are kept, and for how many the file had no room. */
  count(records: number, outcome: 'kept' | 'dropped'): void
}

/** Where the records of a component go that cannot go on. */
export class DeadLetters {
  readonly #options: DeadLettersOptions
  #branches: readonly Branch[]

  constructor(options: DeadLettersOptions) {
    this.#options = options
    this.#branches = options.branches
  }

  /** They go to another pipeline from now on. */
  reroute(branches: readonly Branch[]): void {
    this.#branches = branches
  }

  /** Nobody asked for them. */
  get isEmpty(): boolean {
    return this.#branches.length === 0 && this.#options.file === undefined
  }

  /**
   * Sends records on with the reason. Resolves when a file has them, or a pipeline has room; the delivery settles when
   * they need not be kept any more.
   */
  async send(batch: LogBatch, why: Why): Promise<Delivery> {
    const { component, clock, file, count } = this.#options
    const branches = this.#branches
    const refusal = { ...why, component, time: clock.now() }
    const isKept = file === undefined || (await this.#append(batch, refusal, file))
    if (!this.isEmpty) count(batch.length, isKept || branches.length > 0 ? 'kept' : 'dropped')
    if (branches.length === 0) return new PendingDelivery(0)
    const letters = batch.copy()
    letters.attributes = Object.freeze(
      attributeMap([...Object.entries(batch.attributes), ...Object.entries(refusalAttributes(refusal, batch.signal))]),
    )
    letters.signal = 'logs'
    return fanOut(letters, branches)
  }

  async #append(
    batch: LogBatch,
    refusal: Refusal,
    { letters, maxBytes, stopping }: NonNullable<DeadLettersOptions['file']>,
  ): Promise<boolean> {
    const isKept = await letters.append(writeDeadLetters(batch, refusal), { maxBytes, stopping })
    const { length: records } = batch
    if (!isKept) this.#options.logger.error({ records }, 'the file of dead letters is full: they are not kept there')
    return isKept
  }
}
