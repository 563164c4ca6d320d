import { MessageIntake, Unacknowledged } from '@weir/broker-messages'
import { checkConnection, NatsLink, natsError } from '@weir/nats-connection'
import {
  type Checkpoint,
  type Clock,
  type Logger,
  type Meter,
  type Output,
  type Receiver,
  type RunMode,
  type State,
  WeirError,
} from '@weir/sdk'
import type { NatsReceiverConfig } from './config.ts'
import type { Consumption } from './consumption.ts'
import { InFlight } from './in-flight.ts'
import { InOrder } from './in-order.ts'

export interface NatsReceiverOptions {
  readonly config: NatsReceiverConfig
  readonly componentId: string
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  readonly runMode: RunMode
  readonly state: State
}

/** A durable consumer, and what it is to be given. */
interface Share {
  readonly durable: string
  readonly subject: string | undefined
}

const firstRetryMs = 500
const lastRetryMs = 10_000
const mark = '{partition}'
/** Keys of the state. */
const keys = { unacknowledged: 'unacknowledged', phase: 'phase' } as const

/** Consumes a stream by durable pull consumers. While there is no server, no stream or no permission, it tries again. */
export class NatsReceiver implements Receiver {
  readonly #options: NatsReceiverOptions
  readonly #link: NatsLink
  readonly #shares: readonly Share[]
  readonly #inFlight: InFlight
  readonly #unacknowledged: Unacknowledged
  /** How the run before has ended: `open` if it was killed; `not needed` where nothing remembers. */
  readonly #phase: unknown
  /** Durable consumers that have begun in this run. */
  readonly #begun = new Set<string>()
  #hasCheckpoints = false
  readonly #stopping = new AbortController()
  /** What is consumed, and when it has come to its end. */
  readonly #running = new Map<Consumption, Promise<void>>()
  #inOrder: InOrder | undefined
  #lastError = ''

  constructor(options: NatsReceiverOptions) {
    const { config, runMode, componentId, logger, clock, state } = options
    this.#options = options
    this.#link = new NatsLink({ config, baseDir: runMode.baseDir, componentId, logger })
    this.#shares = sharesOf(config)
    this.#inFlight = new InFlight(clock, config.ack_wait)
    this.#unacknowledged = new Unacknowledged(state.get(keys.unacknowledged))
    this.#phase = state.get(keys.phase)
  }

  start(output: Output): void {
    const { config, componentId, logger, meter, clock } = this.#options
    const unacknowledged = this.#unacknowledged
    const intake = new MessageIntake({
      output,
      componentId,
      name: 'nats',
      logger,
      meter,
      now: () => clock.now(),
      addAttributes: config.add_attributes,
      unacknowledged,
      maxUnstored: Math.ceil(config.max_ack_pending / 2),
    })
    const inOrder = new InOrder({ intake, inFlight: this.#inFlight, unacknowledged, nakDelayMs: config.nak_delay })
    this.#inOrder = inOrder
    for (const share of this.#shares) void this.#keepConsuming(share, inOrder)
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'))
    for (const consumption of this.#running.keys()) consumption.stop()
    await Promise.allSettled(this.#running.values())
    await this.#inOrder?.stop()
  }

  checkpoint(): Checkpoint {
    this.#hasCheckpoints = true
    return { [keys.unacknowledged]: this.#unacknowledged.checkpoint(), [keys.phase]: 'open' }
  }

  /** What is not acknowledged by now comes again; if it has been stored, it is known then. */
  async close(): Promise<void> {
    for (const message of this.#inFlight.takeAll()) message.nak(this.#options.config.nak_delay)
    await this.#link.close()
    const { state } = this.#options
    if (this.#hasCheckpoints) state.setAll({ ...this.checkpoint(), [keys.phase]: 'closed' })
    else if (this.#phase === undefined) state.set(keys.phase, 'not needed')
  }

  /** Only where something remembers: there the order counts. And only when it begins: what is out later is our own. */
  async #awaitEarlier(durable: string, isAlone: boolean): Promise<boolean> {
    const { clock, logger } = this.#options
    const waitMs = this.#earlierMs(isAlone)
    if (waitMs === 0 || this.#begun.has(durable)) return false
    this.#begun.add(durable)
    logger.info(
      { wait_ms: waitMs },
      'waiting for messages that were given out before and come again, to keep the order',
    )
    await clock.sleep(waitMs, this.#stopping.signal).catch(() => {})
    return true
  }

  /** How long what was given out before stays away; 0 if nobody needs it in order. */
  #earlierMs(isAlone: boolean): number {
    const { ack_wait: ackWait, nak_delay: nakDelay } = this.#options.config
    if (this.#phase === 'open') return ackWait
    if (this.#phase === 'closed') return nakDelay
    // No run has ended or come to a checkpoint: one that was killed at once, unless others are at work.
    return this.#phase === undefined && isAlone ? ackWait : 0
  }

  async #keepConsuming(share: Share, inOrder: InOrder): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    for (let retryMs = firstRetryMs; !signal.aborted; retryMs = Math.min(retryMs * 2, lastRetryMs)) {
      try {
        await this.#consume(share, inOrder, () => {
          this.#lastError = ''
          retryMs = firstRetryMs
        })
      } catch (error) {
        if (signal.aborted) return
        this.#report(error, share, retryMs)
        await clock.sleep(retryMs, signal).catch(() => {})
      }
    }
  }

  async #consume({ durable, subject }: Share, inOrder: InOrder, onBegin: () => void): Promise<void> {
    const { config } = this.#options
    const client = await this.#link.client()
    const subjects = [config.subject?.replaceAll(mark, '*') ?? 'weir.>']
    await client.ensureStream(config.stream, subjects, config)
    // Needs the client, which is loaded when NATS is in use.
    const { Consumption } = await import('./consumption.ts')
    if (this.#stopping.signal.aborted) return
    const consumption = new Consumption({
      client,
      config,
      durable,
      subject,
      maxBytes: Math.ceil(config.max_bytes / this.#shares.length),
      inFlight: this.#inFlight,
      awaitEarlier: (isAlone) => this.#awaitEarlier(durable, isAlone),
      onBegin: () => {
        this.#begun.add(durable)
        onBegin()
      },
      onChange: () => inOrder.changed(),
    })
    inOrder.add(consumption)
    const running = consumption.run()
    this.#running.set(consumption, running)
    try {
      await running
    } finally {
      this.#running.delete(consumption)
    }
  }

  /** Says what went wrong, once: a server that stays away is no news. */
  #report(error: unknown, { durable }: Share, retryMs: number): void {
    const { logger, config } = this.#options
    const { message, code, hint } = natsError(error, this.#link.servers)
    const fields = { stream: config.stream, durable, code, hint, retry_in_ms: retryMs }
    const text = `nothing can be consumed, trying again: ${message}`
    if (message === this.#lastError) logger.debug(fields, text)
    else logger.warn(fields, text)
    this.#lastError = message
  }
}

function sharesOf({ durable, subject, partitions }: NatsReceiverConfig): Share[] {
  if (partitions === undefined) return [{ durable, subject }]
  return partitions.map((partition) => ({
    durable: `${durable}-${partition}`,
    subject: subject?.replaceAll(mark, String(partition)),
  }))
}

/** @throws WeirError `WEIR_NATS_URL`, `WEIR_BROKER_PARTITIONS` */
export function checkNatsReceiver(config: NatsReceiverConfig): void {
  checkConnection(config)
  const { subject, partitions } = config
  if ((subject?.includes(mark) ?? false) === (partitions !== undefined)) return
  throw new WeirError('partitions and a {partition} in subject go together', {
    code: 'WEIR_BROKER_PARTITIONS',
    hint: 'write subject: weir.logs.{partition} and partitions: [0, 1]',
    configPath: [partitions === undefined ? 'subject' : 'partitions'],
  })
}
