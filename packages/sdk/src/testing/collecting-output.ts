import type { LogBatch } from '../batch.ts'
import type { Delivery, Lines, LinesDelivery, Output } from '../delivery.ts'
import type { ConnectorOutput } from '../token.ts'
import { type PlainRecord, plainRecords } from './plain-record.ts'

interface Pending {
  readonly delivered: PromiseWithResolvers<void>
  readonly stored: PromiseWithResolvers<void>
}

/**
 * What a receiver or connector sends into, in a test: it keeps records and lines. Deliveries settle at once, or with
 * `holding: true` when the test says so (`settleAll`, `rejectAll`); with `holding: 'stored'` they are done at once, and
 * stored when the test says so.
 */
export class CollectingOutput implements ConnectorOutput {
  readonly records: PlainRecord[] = []
  readonly batches: LogBatch[] = []
  /** What a connector has sent to pipelines by their names; it is among `records`, too. */
  readonly byPipeline = new Map<string, PlainRecord[]>()
  /** Complete lines in the order in which they came, without their ending. */
  readonly lines: { text: string; source: string }[] = []
  ended = false
  /** What could not be read, as `end` was told. */
  unread: readonly string[] = []
  holding: boolean | 'stored' = false
  /** Calls of `storeSoon`. */
  storesAsked = 0
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
      storeSoon: () => this.storeSoon(),
      end: (unread) => this.end(unread),
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

  storeSoon(): void {
    this.storesAsked++
  }

  end(unread: readonly string[] = []): void {
    this.ended = true
    this.unread = unread
  }

  /** Deliveries that have not settled. */
  get pending(): number {
    return this.#pending.length
  }

  settleAll(): void {
    for (const { delivered, stored } of this.#pending.splice(0)) {
      delivered.resolve()
      stored.resolve()
    }
  }

  rejectAll(reason: unknown): void {
    for (const { delivered, stored } of this.#pending.splice(0)) {
      delivered.reject(reason)
      stored.reject(reason)
    }
  }

  async #enter(): Promise<void> {
    this.calls++
    this.waiting++
    await this.#room?.promise
    this.waiting--
  }

  #delivery(): Delivery {
    const delivered = Promise.withResolvers<void>()
    const stored = Promise.withResolvers<void>()
    for (const { promise } of [delivered, stored]) promise.catch(() => {})
    if (this.holding !== true) delivered.resolve()
    if (this.holding === false) stored.resolve()
    else this.#pending.push({ delivered, stored })
    return { done: delivered.promise, stored: stored.promise }
  }
}
