import {
  type Alert,
  alertLayout,
  appendAlert,
  type Counter,
  LogBatch,
  type Logger,
  messageOf,
  type Output,
} from '@weir/sdk'

/** Gathers alerts and sends them into the alerts' pipelines, in order. */
export class AlertSender {
  readonly #output: Output
  readonly #counter: Counter
  readonly #logger: Logger
  readonly #layout = alertLayout()
  #waiting: Alert[] = []
  #sending: Promise<void> = Promise.resolve()

  constructor(output: Output, counter: Counter, logger: Logger) {
    this.#output = output
    this.#counter = counter
    this.#logger = logger
  }

  /** @param isNew the alert has just begun firing */
  add(alert: Alert, isNew: boolean): void {
    this.#waiting.push(alert)
    if (isNew) this.#counter.add(1, { severity: alert.severity })
  }

  /** Puts what was gathered in the order of time. */
  sort(): void {
    this.#waiting.sort((one, other) => one.time - other.time)
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Sends what has been gathered; resolves when there was room for it. */
  send(source: string, observedTime: number): Promise<void> {
    const alerts = this.#waiting
    this.#waiting = []
    if (alerts.length > 0) this.#sending = this.#sending.then(() => this.#send(alerts, source, observedTime))
    return this.#sending
  }

  async #send(alerts: readonly Alert[], source: string, observedTime: number): Promise<void> {
    const batch = new LogBatch({
      ...{ signal: 'alerts', source, observedTime, layout: this.#layout },
      ...{ capacity: alerts.length, scope: { name: '@weir/processor-anomaly' } },
    })
    for (const alert of alerts) appendAlert(batch, alert)
    try {
      await this.#output.send(batch)
    } catch (error) {
      this.#logger.error({ alerts: alerts.length, error: messageOf(error) }, 'alerts could not be sent')
    }
  }
}
