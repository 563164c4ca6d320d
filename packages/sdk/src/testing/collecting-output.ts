import type { LogBatch } from '../batch.ts'
import type { Delivery, Lines, LinesDelivery, Output } from '../delivery.ts'
import type { ConnectorOutput } from '../token.ts'
import { type PlainRecord, plainRecords } from './plain-record.ts'

interface Pending {
  readonly delivered: PromiseWithResolvers<void>
}

/**
 * What a receiver or connector sends into, in a test: it keeps records and lines. Deliveries settle at once, or with
 * `holding: true` when the test says so (`settleAll`, `rejectAll`).
 */
export class CollectingOutput implements ConnectorOutput {
  readonly records: PlainRecord[] = []
  readonly batches: LogBatch[] = []
  /** What a connector has sent to pipelines by their names; it is among `records`, too. */
  readonly byPipeline = new Map<string, PlainRecord[]>()
  /** Complete lines in the order in which they came, without their ending. */
  readonly lines: { text: string; source: string }[] = []
  ended = false
  holding = false
  /** Calls of `send` and `sendLines` that have begun. */
  calls = 0
  /** Calls that wait for room. */
  waiting = 0
  #pending: Pending[] = []
  #room: PromiseWithResolvers<void> | undefined

  /** Lets no `send` through until `open`. */
  block(): void {
    this.#room ??= Promise.withResolvers<void>()
  }

  open(): void {
    this.#room?.resolve()
    this.#room = undefined
  }

  async send(batch: LogBatch): Promise<Delivery> {
    await this.#enter()
    this.batches.push(batch)
    this.records.push(...plainRecords(batch))
    return this.#delivery()
  }

  to(pipelines: readonly string[]): Output {
    return {
      send: (batch) => {
        for (const name of pipelines)
          this.byPipeline.set(name, [...(this.byPipeline.get(name) ?? []), ...plainRecords(batch)])
        return this.send(batch)
      },
      sendLines: (lines) => this.sendLines(lines),
      end: () => this.end(),
    }
  }

  async sendLines(lines: Lines): Promise<LinesDelivery> {
    await this.#enter()
    const { bytes, from, to, source, flush } = lines
    let at = from
    for (let end = bytes.indexOf(10, at); end >= 0 && end < to; end = bytes.indexOf(10, at)) {
      this.lines.push({ text: bytes.toString('utf8', at, end).replace(/\r$/, ''), source: source.id })
      at = end + 1
    }
    if (flush === true && at < to) {
      this.lines.push({ text: bytes.toString('utf8', at, to).replace(/\r$/, ''), source: source.id })
      at = to
    }
    return { ...this.#delivery(), consumed: at }
  }

  end(): void {
    this.ended = true
  }

  /** Deliveries that have not settled. */
  get pending(): number {
    return this.#pending.length
  }

  settleAll(): void {
    for (const { delivered } of this.#pending.splice(0)) delivered.resolve()
  }

  rejectAll(reason: unknown): void {
    for (const { delivered } of this.#pending.splice(0)) delivered.reject(reason)
  }

  async #enter(): Promise<void> {
    this.calls++
    this.waiting++
    await this.#room?.promise
    this.waiting--
  }

  #delivery(): Delivery {
    if (!this.holding) return { done: Promise.resolve() }
    const delivered = Promise.withResolvers<void>()
    delivered.promise.catch(() => {})
    this.#pending.push({ delivered })
    return { done: delivered.promise }
  }
}
