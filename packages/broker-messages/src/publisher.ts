import type { LogBatch } from '@weir/sdk'
import type { MessageEncoder } from './message-encoder.ts'
import type { OutgoingMessage } from './message-format.ts'

/** Messages of a batch that wait for their acknowledgement at once. */
const maxUnacknowledged = 16

/**
 * Publishes the messages of batches. Batches may be under way at the same time: each begins when all messages of the one
 * before it have been handed over, so that one connection brings them in order.
 */
export class Publisher {
  readonly #encoder: MessageEncoder
  /** Settles when the batch before has been handed over. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(encoder: MessageEncoder) {
    this.#encoder = encoder
  }

  /**
   * Resolves when all messages of a batch are safe or refused, with how many were refused. A message that got through is
   * not published again when the batch is tried again.
   * @param send hands a message over at once, and resolves when it is safe; false if it never will be
   * @throws what `send` throws, and the signal's reason as soon as it aborts
   */
  async publish(
    batch: LogBatch,
    abortSignal: AbortSignal,
    send: (message: OutgoingMessage) => Promise<boolean>,
  ): Promise<number> {
    const aborted = Promise.withResolvers<never>()
    aborted.promise.catch(() => {})
    const onAbort = () => aborted.reject(abortSignal.reason)
    abortSignal.addEventListener('abort', onAbort, { once: true })
    try {
      const handing = this.#turn.then(() => this.#handOver(batch, abortSignal, send))
      this.#turn = handing.catch(() => {})
      const all = handing.then((waiting) => Promise.all(waiting))
      await Promise.race([all, aborted.promise])
      // After a time-out the next attempt needs to know what this one has brought through.
      abortSignal.throwIfAborted()
      return this.#encoder.settle(batch)
    } finally {
      abortSignal.removeEventListener('abort', onAbort)
    }
  }

  async #handOver(
    batch: LogBatch,
    abortSignal: AbortSignal,
    send: (message: OutgoingMessage) => Promise<boolean>,
  ): Promise<Set<Promise<void>>> {
    const waiting = new Set<Promise<void>>()
    for await (const message of this.#encoder.unpublished(batch)) {
      abortSignal.throwIfAborted()
      if (waiting.size >= maxUnacknowledged) await Promise.race(waiting)
      const sending = send(message).then((isSafe) => {
        if (isSafe) this.#encoder.published(batch, message)
        else this.#encoder.refused(batch, message)
        waiting.delete(sending)
      })
      sending.catch(() => {})
      waiting.add(sending)
    }
    return waiting
  }
}
