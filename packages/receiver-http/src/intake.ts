import type { Buffer } from 'node:buffer'
import { HttpProblem, type HttpRequest, isHttpProblem } from '@weir/http-server'
import {
  type AttributeMap,
  attributeMap,
  type Clock,
  type Counter,
  isRetryableError,
  type LogBatch,
  type Output,
} from '@weir/sdk'
import { LineSources } from './line-sources.ts'

export interface IntakeOptions {
  readonly componentId: string
  readonly output: Output
  readonly clock: Clock
  readonly ack: 'delivered' | 'accepted'
  readonly ackTimeoutMs: number
  readonly addAttributes: boolean
  /** Counts requests that were answered as accepted and not delivered. */
  readonly undelivered: Counter
}

const again = { headers: { 'retry-after': '1' } }

/** Where the records of requests go. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #sources: LineSources
  /** What waits for room. */
  readonly #sending = new Set<Promise<unknown>>()
  #isStopped = false

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#sources = new LineSources(options.componentId)
  }

  /** Begins to take what one request brings. */
  open(request: HttpRequest): Consignment {
    return new Consignment(request, this.#options, this.#sources, (send) => this.#send(send))
  }

  /** Takes nothing more, and waits until what has been taken has found room. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.allSettled(this.#sending)
  }

  async #send<Sent>(send: (output: Output) => Promise<Sent>): Promise<Sent> {
    if (this.#isStopped) throw new HttpProblem(503, 'the receiver is stopping: send this request again', again)
    const sending = send(this.#options.output)
    this.#sending.add(sending)
    try {
      return await sending
    } catch (error) {
      if (!isRetryableError(error)) throw error
      throw new HttpProblem(503, error.message, { ...again, cause: error })
    } finally {
      this.#sending.delete(sending)
    }
  }
}

/** What one request brings. */
export class Consignment {
  /** Attributes of all that it brings. */
  readonly attributes: AttributeMap
  readonly #options: IntakeOptions
  readonly #sources: LineSources
  readonly #send: <Sent>(send: (output: Output) => Promise<Sent>) => Promise<Sent>
  readonly #deliveries: Promise<void>[] = []

  constructor(
    { peer, identity }: HttpRequest,
    options: IntakeOptions,
    sources: LineSources,
    send: <Sent>(send: (output: Output) => Promise<Sent>) => Promise<Sent>,
  ) {
    this.#options = options
    this.#sources = sources
    this.#send = send
    this.attributes = attributeMap(
      options.addAttributes
        ? [['network.peer.address', peer], ...(identity === undefined ? [] : [['user.name', identity.name] as const])]
        : [],
    )
  }

  /** The id of a source of this kind of records. */
  sourceId(kind: string): string {
    return this.#sources.id(kind, this.attributes)
  }

  /** Sends lines, the last one too. @param kind names, with the attributes, the source: each has its own sniffed format */
  async lines(kind: string, bytes: Buffer, attributes: AttributeMap = {}): Promise<void> {
    const source = this.#sources.of(kind, { ...attributes, ...this.attributes })
    this.#keep(
      await this.#send((output) => output.sendLines({ bytes, from: 0, to: bytes.length, source, flush: true })),
    )
  }

  async records(batch: LogBatch): Promise<void> {
    this.#keep(await this.#send((output) => output.send(batch)))
  }

  #keep({ done }: { readonly done: Promise<void> }): void {
    done.catch(() => {})
    this.#deliveries.push(done)
  }

  /** Resolves when the request may be answered. @throws HttpProblem 503 when its records have not arrived */
  async acknowledged(): Promise<void> {
    const { ack, ackTimeoutMs, clock, undelivered } = this.#options
    const all = Promise.all(this.#deliveries)
    if (ack === 'accepted') {
      all.catch(() => undelivered.add(1))
      return
    }
    const late = Promise.withResolvers<never>()
    const timer = clock.after(ackTimeoutMs, () =>
      late.reject(new HttpProblem(503, 'the records have not arrived in time (ack_timeout): send them again', again)),
    )
    try {
      await Promise.race([all, late.promise])
    } catch (error) {
      if (isHttpProblem(error)) throw error
      throw new HttpProblem(503, 'the records have not arrived: send them again', { ...again, cause: error })
    } finally {
      timer.cancel()
    }
  }
}
