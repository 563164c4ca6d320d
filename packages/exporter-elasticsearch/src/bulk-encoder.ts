import type { Buffer } from 'node:buffer'
import {
  alertEventName,
  type Clock,
  isoTime,
  type LogBatch,
  NdjsonEncoder,
  parseTemplate,
  Record,
  renderTemplate,
  type TemplatePart,
} from '@weir/sdk'
import { BulkBody } from './bulk-body.ts'
import type { ElasticsearchConfig } from './config.ts'
import { indexName } from './index-name.ts'

/** A request, and the records in it: so many, from the first that was not in the request before. */
export interface Bulk {
  readonly body: Buffer
  readonly count: number
}

/** The layout of OpenTelemetry's data in Elasticsearch: a dot in a name is the same there as an object. */
const names = {
  observedTime: 'observed_timestamp',
  severityNumber: 'severity_number',
  severityText: 'severity_text',
  body: 'body.text',
  bodyValue: 'body.structured',
  traceId: 'trace_id',
  spanId: 'span_id',
  flags: 'trace_flags',
  eventName: 'event_name',
  resource: 'resource.attributes',
}

/** `{"time":"` */
const timeKey = [0x7b, 0x22, 0x74, 0x69, 0x6d, 0x65, 0x22, 0x3a, 0x22]
const closeBrace = 0x7d
const newline = 0x0a
/** Bytes of an id: it may have 512. */
const maxId = 512

/** Writes records as the bulk API takes them: an action, then the document. */
export class BulkEncoder {
  readonly #clock: Clock
  readonly #maxBytes: number
  readonly #index
  readonly #id: readonly TemplatePart[] | undefined
  readonly #ndjson = new NdjsonEncoder({ observedTime: true, names })

  constructor(config: ElasticsearchConfig, clock: Clock) {
    this.#clock = clock
    this.#maxBytes = config.max_request_size
    this.#index = indexName(config.logs_index)
    this.#id = config.document_id === undefined ? undefined : parseTemplate(config.document_id)
  }

  /** @param prefix of the ids that are made: with the row it is the record's own */
  *encode(batch: LogBatch, prefix: string): Generator<Bulk, void, void> {
    const record = new Record(batch)
    const isPlain = this.#id === undefined && batch.layout.field('eventName') < 0
    const action = this.#index.constant === undefined ? undefined : `{"create":{"_index":${this.#index.constant},"_id":`
    const madeId = `"${prefix}`
    const noTime = `{"@timestamp":"${isoTime(batch.observedTime) ?? isoTime(this.#clock.now())}"`
    let body = this.#newBody(batch)
    let count = 0
    let index = 0
    for (const piece of this.#ndjson.encode(batch)) {
      for (let from = 0; from < piece.length; index++) {
        const to = piece.indexOf(newline, from)
        if (count > 0 && body.length + to - from > this.#maxBytes) {
          yield { body: body.bytes, count }
          body = this.#newBody(batch)
          count = 0
        }
        record.at(batch.rowAt(index))
        const id = isPlain ? undefined : this.#idOf(record)
        const begin = action ?? `{"create":{"_index":${this.#index.read(record)},"_id":`
        body.text(`${begin}${id === undefined ? `${madeId}${record.row}"` : JSON.stringify(id)}}}\n`)
        writeDocument(body, piece, from, to, noTime)
        count++
        from = to + 1
      }
    }
    if (count > 0) yield { body: body.bytes, count }
  }

  #newBody(batch: LogBatch): BulkBody {
    return new BulkBody(Math.min(this.#maxBytes, batch.byteLength * 2 + batch.length * 256) + 65_536)
  }

  /** The id that a record brings with it. */
  #idOf(record: Record): string | undefined {
    const own = this.#id === undefined ? '' : renderTemplate(this.#id, record)
    const id = own === '' && record.eventName === alertEventName ? record.attributes.get('alert.id') : own
    return typeof id === 'string' && id !== '' && id.length * 3 <= maxId ? id.toWellFormed() : undefined
  }
}

/** Copies a line of NDJSON, with the time under the name that data streams ask for. */
function writeDocument(body: BulkBody, piece: Buffer, from: number, to: number, noTime: string): void {
  if (timeKey.every((byte, index) => piece[from + index] === byte)) {
    body.text('{"@timestamp":"')
    body.copy(piece, from + timeKey.length, to)
  } else {
    body.text(piece[from + 1] === closeBrace ? noTime : `${noTime},`)
    body.copy(piece, from + 1, to)
  }
  body.endLine()
}
