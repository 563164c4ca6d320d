import { Buffer } from 'node:buffer'
import type { JsMsg } from '@nats-io/jetstream'
import type { IncomingMessage, MessageIntake, Unacknowledged } from '@weir/broker-messages'
import type { Consumption } from './consumption.ts'
import type { InFlight } from './in-flight.ts'

export interface InOrderOptions {
  readonly intake: MessageIntake
  readonly inFlight: InFlight
  readonly unacknowledged: Unacknowledged
  /** After which time a message that was not delivered comes again. */
  readonly nakDelayMs: number
}

/** Messages that are sent on together. */
const maxTogether = 256

/**
 * Sends the messages of several consumers of one stream in the order of the stream, so that a backlog is seen in the
 * order of time: windows of time over one partition are not closed before the others have come as far.
 */
export class InOrder {
  readonly #options: InOrderOptions
  readonly #consumptions = new Set<Consumption>()
  #isStopped = false
  #change = Promise.withResolvers<void>()
  #running: Promise<void> | undefined

  constructor(options: InOrderOptions) {
    this.#options = options
  }

  /** Takes part from now on: the others wait for it until it has come as far as they have. */
  add(consumption: Consumption): void {
    this.#consumptions.add(consumption)
    this.#running ??= this.#run()
  }

  /** Something has come, or somebody need not be waited for any more. */
  changed(): void {
    const { resolve } = this.#change
    this.#change = Promise.withResolvers()
    resolve()
  }

  /** Sends no more; what has not been sent goes back. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.changed()
    await this.#running
    for (const consumption of this.#consumptions) consumption.giveBack()
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const group = this.#next()
      if (group.length === 0) {
        await this.#change.promise
        continue
      }
      await this.#options.intake.take(group.map(({ message }) => this.#incoming(message)))
      for (const { consumption, message } of group) consumption.sent(message)
    }
  }

  /** The next messages of the stream, as far as it is known that none comes before them. */
  #next(): { consumption: Consumption; message: JsMsg }[] {
    const group: { consumption: Consumption; message: JsMsg }[] = []
    while (group.length < maxTogether) {
      let first: Consumption | undefined
      for (const consumption of this.#consumptions) {
        if (consumption.isAwaited) return group
        if (consumption.isOver) this.#consumptions.delete(consumption)
        else if (seqOf(consumption) < seqOf(first)) first = consumption
      }
      const message = first?.shift()
      if (first === undefined || message === undefined) break
      group.push({ consumption: first, message })
    }
    return group
  }

  #incoming(message: JsMsg): IncomingMessage {
    const { inFlight, nakDelayMs, unacknowledged } = this.#options
    const { data, headers } = message
    const id = String(message.seq)
    const settle = (tell: (message: JsMsg) => void) => {
      for (const each of inFlight.take(message)) tell(each)
    }
    return {
      id,
      payload: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      field: (name) => headers?.get(name) || undefined,
      source: message.subject,
      done: () =>
        settle((each) => {
          each.ack()
          unacknowledged.acknowledged(id)
        }),
      failed: () => settle((each) => each.nak(nakDelayMs)),
      // Without the reason: servers before 2.10 do not understand one.
      refused: () => settle((each) => each.term()),
    }
  }
}

const seqOf = (consumption: Consumption | undefined): number => consumption?.head?.seq ?? Number.POSITIVE_INFINITY
