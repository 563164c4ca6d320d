import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { BatchMemory, type LogBatch, NdjsonEncoder } from '@weir/sdk'
import { type Compression, compress } from './compression.ts'
import { encodingName, field, type OutgoingMessage } from './message-format.ts'
import type { Router } from './router.ts'

export interface MessageEncoderOptions {
  router: Router
  /** Bytes after which a message ends, before compression. */
  maxBytes: number
  /** Records that a message has at most. */
  maxRecords?: number | undefined
  compression?: Compression
}

/** What is known of a batch from one attempt to the next. */
interface Progress {
  readonly id: string
  readonly published: Set<string>
  refused: number
}

const newline = 0x0a

/** Makes messages of batches, the same ones for each attempt, and remembers which of them have been published. */
export class MessageEncoder {
  readonly #options: MessageEncoderOptions
  readonly #encoder: NdjsonEncoder
  readonly #progress = new BatchMemory<Progress>()
  /** Unlike that of any other process: batches are numbered from it. */
  readonly #id = randomUUID()
  #count = 0

  constructor(options: MessageEncoderOptions) {
    this.#options = options
    this.#encoder = new NdjsonEncoder({ pieceBytes: options.maxBytes })
  }

  /** The messages of a batch that have not been published. */
  async *unpublished(batch: LogBatch): AsyncGenerator<OutgoingMessage, void, void> {
    const { id, published } = this.#progressOf(batch)
    let index = 0
    for (const { destination, batch: routed } of this.#options.router.routes(batch)) {
      const fields = this.#fieldsOf(routed)
      for (const part of this.#parts(routed)) {
        for (const piece of this.#encoder.encode(part)) {
          // Copied at once: the piece is the encoder's, and gone when another batch is encoded meanwhile.
          for (const text of fitting(Buffer.from(piece), this.#options.maxBytes)) {
            const messageId = alertId(part) ?? `${id}.${index++}`
            if (published.has(messageId)) continue
            const payload = await compress(text, this.#options.compression ?? 'none')
            yield { destination, payload, fields, id: messageId }
          }
        }
      }
    }
  }

  /** Says that a message is safe: it is not made again. */
  published(batch: LogBatch, { id }: OutgoingMessage): void {
    this.#progressOf(batch).published.add(id)
  }

  /** Says that a message will never be taken: it is not made again. */
  refused(batch: LogBatch, message: OutgoingMessage): void {
    this.published(batch, message)
    this.#progressOf(batch).refused++
  }

  /** Says that all of a batch is settled, and is told how many of its messages were refused. */
  settle(batch: LogBatch): number {
    const { refused } = this.#progressOf(batch)
    this.#progress.delete(batch)
    return refused
  }

  #progressOf(batch: LogBatch): Progress {
    let progress = this.#progress.get(batch)
    if (progress === undefined) {
      progress = { id: `${this.#id}.${this.#count++}`, published: new Set(), refused: 0 }
      this.#progress.set(batch, progress)
    }
    return progress
  }

  #fieldsOf({ source, observedTime }: LogBatch): OutgoingMessage['fields'] {
    const { compression = 'none' } = this.#options
    return {
      [field.encoding]: encodingName,
      // Two machines may have files of one name.
      ...(source === '' ? {} : { [field.source]: encodeURI(`${hostname()}/${source}`) }),
      ...(Number.isNaN(observedTime) ? {} : { [field.observedTime]: String(observedTime) }),
      ...(compression === 'none' ? {} : { [field.compression]: compression }),
    }
  }

  /** Alerts go one by one, so that a broker can tell by its id one that comes again after a crash. */
  *#parts(batch: LogBatch): Generator<LogBatch, void, void> {
    const size = batch.signal === 'alerts' ? 1 : (this.#options.maxRecords ?? batch.length)
    if (size >= batch.length) return yield batch
    for (let index = 0; index < batch.length; index += size) {
      const length = Math.min(size, batch.length - index)
      yield batch.select(Uint32Array.from({ length }, (_, offset) => batch.rowAt(index + offset)))
    }
  }
}

/** The id of the alert that the part is, if it is one. */
function alertId(part: LogBatch): string | undefined {
  if (part.signal !== 'alerts' || part.length !== 1) return undefined
  const [record] = part
  const id = record?.attributes.get('alert.id')
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** A piece in parts that are not longer than `maxBytes`, unless a line is. */
function* fitting(piece: Buffer, maxBytes: number): Generator<Buffer, void, void> {
  let from = 0
  while (piece.length - from > maxBytes) {
    const last = piece.lastIndexOf(newline, from + maxBytes - 1)
    const end = last >= from ? last + 1 : piece.indexOf(newline, from) + 1
    if (end >= piece.length) break
    yield piece.subarray(from, end)
    from = end
  }
  yield piece.subarray(from)
}
