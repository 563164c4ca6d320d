import type { Buffer } from 'node:buffer'

/**
 * What a message says of itself beside its payload. With these it is decoded as it was; without, it is text of lines,
 * which the receiver's parser reads: a message of Weir is newline-delimited JSON either way.
 */
export const field = {
  /** How the payload is written; `encodingName` for a message of Weir. */
  encoding: 'Weir-Encoding',
  /** How it is compressed: `gzip` or `zstd`. */
  compression: 'Content-Encoding',
  /** When the records were seen, Unix epoch in milliseconds. */
  observedTime: 'Weir-Observed-Time',
  /** What the records came from, in order: watermarks are kept by it. */
  source: 'Weir-Source',
} as const

/** Newline-delimited JSON of the SDK's `NdjsonEncoder`, in its first version. */
export const encodingName = 'ndjson/1'

/** A message before it is published. */
export interface OutgoingMessage {
  readonly destination: string
  readonly payload: Buffer
  readonly fields: { readonly [name: string]: string }
  /** Names the message for the broker, so that one that is published again is not stored again. */
  readonly id: string
}

/** A message that has come. */
export interface IncomingMessage {
  /** Names it in all that a receiver is given, also when it comes again; only for brokers that give out messages again. */
  readonly id?: string
  readonly payload: Buffer
  /** A field beside the payload. */
  field(name: string): string | undefined
  /** What it came from, in order: a subject, a stream, a channel. */
  readonly source: string
  /** Everything in it has been delivered, or given up for good, and need not be remembered: it must not come again. */
  done(): void
  /** It was not delivered: it should come again. */
  failed(reason: unknown): void
  /** It can never be read: it must not come again. */
  refused(reason: string): void
}
