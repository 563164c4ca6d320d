import { Buffer } from 'node:buffer'
import { type Clock, type LogBatch, parseTemplate, type Record, renderTemplate, type TemplatePart } from '@weir/sdk'
import type { LokiConfig } from './config.ts'
import { Metadata } from './metadata.ts'

/** A record as Loki gets it. */
export interface Entry {
  /** Place in the batch as it is iterated. */
  readonly row: number
  /** Labels of its stream, a JSON object. */
  readonly labels: string
  /** Unix epoch in milliseconds, whole. */
  readonly ms: number
  /** Nanoseconds below that. */
  readonly nanoseconds: number
  /** `["1764000000000000000","line",{…}]` */
  readonly text: string
}

/** What Loki calls what has no name: a stream must have a label. */
const unknown = '{"service_name":"unknown_service"}'

/**
 * Writes records as the push API takes them, in JSON: streams by their labels, the entries of each in the order of time.
 * @see https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs
 */
export class PushEncoder {
  readonly #clock: Clock
  readonly #labels: readonly (readonly [key: string, value: readonly TemplatePart[]])[]
  readonly #line: readonly TemplatePart[]
  readonly #hasMetadata: boolean
  readonly #maxBytes: number

  /** @throws WeirError `WEIR_TEMPLATE_INVALID` */
  constructor({ labels, line, structured_metadata, max_request_size }: LokiConfig, clock: Clock) {
    this.#clock = clock
    this.#labels = Object.entries(labels).map(([name, value]) => [`"${name}":`, parseTemplate(value)])
    this.#line = parseTemplate(line)
    this.#hasMetadata = structured_metadata
    this.#maxBytes = max_request_size
  }

  /** The entries of each request for the records of a batch: the same whenever it is asked for them. */
  *requests(batch: LogBatch, observedTime: number): Generator<readonly Entry[], void, void> {
    let request: Entry[] = []
    let length = 0
    for (const entries of this.#streams(batch, observedTime).values()) {
      // A stable sort: entries of one time stay in the order in which they came.
      entries.sort((one, other) => one.ms - other.ms || one.nanoseconds - other.nanoseconds)
      let labels = ''
      for (const entry of entries) {
        const { text } = entry
        // Three bytes a UTF-16 code unit at most would be far too careful: most lines are ASCII.
        if (request.length > 0 && length + text.length > this.#maxBytes) {
          yield request
          request = []
          labels = ''
          length = 0
        }
        length += text.length + 1 + (labels === '' ? entry.labels.length + 24 : 0)
        labels = entry.labels
        request.push(entry)
      }
    }
    if (request.length > 0) yield request
  }

  /** The body of a request: the entries of a stream stand together in it. */
  body(entries: readonly Entry[]): Buffer {
    let text = '{"streams":['
    let last: string | undefined
    for (const { labels, text: entry } of entries) {
      if (labels === last) text += `,${entry}`
      else text += `${last === undefined ? '' : ']},'}{"stream":${labels},"values":[${entry}`
      last = labels
    }
    return Buffer.from(`${text}]}]}`)
  }

  /** When a batch was seen, now if nobody knows. */
  observedTime({ observedTime }: LogBatch): number {
    return Number.isNaN(observedTime) ? this.#clock.now() : observedTime
  }

  #streams(batch: LogBatch, observedTime: number): Map<string, Entry[]> {
    const metadata = this.#hasMetadata ? new Metadata(batch) : undefined
    const streams = new Map<string, Entry[]>()
    let last = ''
    let entries: Entry[] = []
    let row = 0
    batch.forEach((record) => {
      const labels = this.#labelsOf(record)
      if (labels !== last) {
        last = labels
        entries = streams.get(labels) ?? []
        streams.set(labels, entries)
      }
      const { time, timeRemainder } = record
      const ms = Math.floor(Number.isNaN(time) ? observedTime : time)
      const nanoseconds = Number.isNaN(time) ? 0 : timeRemainder
      const line = JSON.stringify(renderTemplate(this.#line, record).toWellFormed())
      const more = metadata === undefined ? '' : `,${metadata.of(record)}`
      const text = `["${epoch(ms, nanoseconds)}",${line}${more}]`
      entries.push({ row: row++, labels, ms, nanoseconds, text })
    })
    return streams
  }

  /** As JSON text. */
  #labelsOf(record: Record): string {
    let text = ''
    for (const [key, parts] of this.#labels) {
      const value = renderTemplate(parts, record)
      if (value !== '') text += `${text === '' ? '' : ','}${key}${JSON.stringify(value.toWellFormed())}`
    }
    return text === '' ? unknown : `{${text}}`
  }
}

/** Unix epoch in nanoseconds: more digits than a number has. */
const epoch = (ms: number, nanoseconds: number): string =>
  ms > 0 ? `${ms}${String(nanoseconds).padStart(6, '0')}` : String(Math.trunc(ms * 1e6 + nanoseconds))
