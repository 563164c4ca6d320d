import type { Clock, Counter, Logger, Meter } from '@weir/sdk'

const quietMs = 60_000

/** Counts what was refused, and says so at most once a minute for each reason. */
export class Refusals {
  readonly #counter: Counter
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #said = new Map<string, { at: number; unsaid: number }>()

  constructor(meter: Meter, logger: Logger, clock: Clock) {
    this.#counter = meter.counter('weir_http_server_refused', {
      description: 'Connections and requests that were refused, by reason',
      unit: '{request}',
    })
    this.#logger = logger
    this.#clock = clock
  }

  /** @param reason one of few words, or a status */
  add(reason: string, peer: string | undefined, message: string): void {
    this.#counter.add(1, { reason })
    const now = this.#clock.monotonic()
    const said = this.#said.get(reason)
    if (said !== undefined && now - said.at < quietMs) {
      said.unsaid++
      return
    }
    const alike = said === undefined || said.unsaid === 0 ? {} : { more_like_it: said.unsaid }
    this.#said.set(reason, { at: now, unsaid: 0 })
    this.#logger.warn({ reason, peer, ...alike }, `refused: ${message}`)
  }
}
