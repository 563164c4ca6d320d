import { type Clock, type LogBatch, NdjsonEncoder, Record } from '@weir/sdk'
import type { TapAllowance } from './tap-allowance.ts'
import type { Onlooker } from './tap-point.ts'

/** What a tap is asked for. */
export interface TapRequest {
  /** Records of interest; all if left out. */
  readonly where?: ((record: Record) => boolean) | undefined
  /** Records after which it ends. */
  readonly limit: number
  /** Records that are shown in a second, at most. */
  readonly perSecond: number
}

/** What became of the records that passed. */
export interface TapCounts {
  passed: number
  /** Looked at: there was time for it, and the rate was not used up. */
  examined: number
  matched: number
  shown: number
  /** Not shown because the reader did not keep up. */
  dropped: number
}

/** Who gets the records, as NDJSON. */
export interface TapReader {
  /** Takes nothing more at the moment. */
  readonly isFull: boolean
  write(text: string): void
  end(reason: 'limit' | 'error'): void
}

const newline = 0x0a
/** What may be shown at once: a tenth of a second's, so that no burst overruns the reader, but a screenful if the rate has one. */
const burstOf = (perSecond: number): number => Math.max(Math.min(perSecond, 100), perSecond / 10)
/** Records that are examined between two looks at the clock. */
const stride = 64

/** Copies records that pass a point: no more than the rate, in no more than its share of time, and never waiting. */
export class Tap implements Onlooker {
  readonly counts: TapCounts = { passed: 0, examined: 0, matched: 0, shown: 0, dropped: 0 }
  readonly #request: TapRequest
  readonly #reader: TapReader
  readonly #clock: Clock
  readonly #allowance: TapAllowance
  readonly #encoder = new NdjsonEncoder({ observedTime: true, kernel: false, pieceBytes: 16 * 1024 })
  #tokens: number
  #filledAt: number
  #spentUntil = 0

  constructor(request: TapRequest, reader: TapReader, clock: Clock, allowance: TapAllowance) {
    this.#request = request
    this.#reader = reader
    this.#clock = clock
    this.#allowance = allowance
    this.#tokens = burstOf(request.perSecond)
    this.#filledAt = clock.monotonic()
  }

  see(batch: LogBatch): void {
    const { limit, perSecond } = this.#request
    this.counts.passed += batch.length
    const since = this.#clock.monotonic()
    this.#tokens = Math.min(burstOf(perSecond), this.#tokens + ((since - this.#filledAt) / 1000) * perSecond)
    this.#filledAt = this.#spentUntil = since
    const left = limit - this.counts.shown
    const most = Math.min(Math.floor(this.#tokens), left)
    if (most < 1 || !this.#allowance.isLeft) return
    const rows = this.#pick(batch, most)
    this.#tokens -= rows.length
    if (rows.length > 0) this.#show(batch.select(rows))
    this.#spend()
    if (this.counts.shown >= limit) this.#reader.end('limit')
  }

  failed(): void {
    this.#reader.end('error')
  }

  #pick(batch: LogBatch, most: number): Uint32Array {
    const { where } = this.#request
    const { counts } = this
    const rows = new Uint32Array(Math.min(most, batch.length))
    const record = new Record(batch)
    const { length } = batch
    let picked = 0
    for (let index = 0; index < length && picked < most; index++) {
      if (index % stride === stride - 1) {
        this.#spend()
        if (!this.#allowance.isLeft) break
      }
      const row = batch.rowAt(index)
      counts.examined++
      if (where !== undefined && !where(record.at(row))) continue
      rows[picked++] = row
    }
    counts.matched += picked
    return rows.subarray(0, picked)
  }

  #spend(): void {
    const now = this.#clock.monotonic()
    this.#allowance.spend(now - this.#spentUntil)
    this.#spentUntil = now
  }

  #show(batch: LogBatch): void {
    let left = batch.length
    if (!this.#reader.isFull) {
      for (const piece of this.#encoder.encode(batch)) {
        const text = piece.toString('utf8')
        for (const byte of piece) if (byte === newline) left--
        this.#reader.write(text)
        if (this.#reader.isFull) break
      }
    }
    this.counts.shown += batch.length - left
    this.counts.dropped += left
  }
}
