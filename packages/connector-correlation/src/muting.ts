import type { Alert, AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'
import { labelOf } from './labels.ts'
import type { Maintenance } from './maintenance.ts'
import { alertFrom, savedAlert } from './saved-alert.ts'

export interface Inhibition {
  readonly isSource: (alert: Alert) => boolean
  readonly isTarget: (alert: Alert) => boolean
  /** Labels that source and target have alike. */
  readonly equal: readonly string[]
}

/** Alerts that are remembered as firing, or as kept quiet; the oldest of more are forgotten. */
const maxAlerts = 10_000

/** Knows which alerts need not be sent, for now: those of a maintenance, and those that another one explains. */
export class Muting {
  readonly #maintenance: readonly Maintenance[]
  readonly #inhibitions: readonly Inhibition[]
  /** All that are firing, sent or not, by fingerprint. */
  readonly #firing = new Map<string, Alert>()
  readonly #quiet = new Map<string, Alert>()

  constructor(maintenance: readonly Maintenance[], inhibitions: readonly Inhibition[]) {
    this.#maintenance = maintenance
    this.#inhibitions = inhibitions
  }

  /** Takes note of an alert. @returns what keeps it quiet, if something does */
  take(alert: Alert): 'maintenance' | 'inhibited' | undefined {
    const { fingerprint } = alert
    if (alert.state === 'resolved') {
      this.#firing.delete(fingerprint)
      this.#quiet.delete(fingerprint)
      return undefined
    }
    keep(this.#firing, alert)
    const reason = this.reason(alert, alert.time)
    if (reason === undefined) this.#quiet.delete(fingerprint)
    else keep(this.#quiet, alert)
    return reason
  }

  /** Why an alert need not be sent at this time. */
  reason(alert: Alert, time: number): 'maintenance' | 'inhibited' | undefined {
    if (this.#maintenance.some((one) => one.isOn(time) && one.concerns(alert))) return 'maintenance'
    return this.#inhibitions.some((one) => this.#isInhibited(alert, one)) ? 'inhibited' : undefined
  }

  /** Says that an alert that was to be sent is not, now that its time has come. */
  hold(alert: Alert): void {
    keep(this.#quiet, alert)
  }

  get isQuiet(): boolean {
    return this.#quiet.size > 0
  }

  /** Hands out those that are firing still and that nothing keeps quiet any more. */
  release(time: number, send: (alert: Alert) => void): void {
    for (const [fingerprint, alert] of this.#quiet) {
      if (this.reason(alert, time) !== undefined) continue
      this.#quiet.delete(fingerprint)
      send({ ...alert, time: Math.max(time, alert.time) })
    }
  }

  snapshot(): { [key: string]: AttributeValue } {
    return { firing: [...this.#firing.values()].map(savedAlert), quiet: [...this.#quiet.values()].map(savedAlert) }
  }

  restore(saved: Saved): void {
    for (const alert of saved.children('firing').map(alertFrom)) if (alert !== undefined) keep(this.#firing, alert)
    for (const alert of saved.children('quiet').map(alertFrom)) if (alert !== undefined) keep(this.#quiet, alert)
  }

  #isInhibited(alert: Alert, { isSource, isTarget, equal }: Inhibition): boolean {
    if (!isTarget(alert)) return false
    return [...this.#firing.values()].some(
      (other) =>
        other.fingerprint !== alert.fingerprint &&
        equal.every((name) => labelOf(other, name) === labelOf(alert, name)) &&
        isSource(other) &&
        // Of two that would keep each other quiet the earlier one is heard.
        !(isTarget(other) && isSource(alert) && isLater(other, alert)),
    )
  }
}

const isLater = (one: Alert, other: Alert): boolean =>
  one.startedAt === other.startedAt ? one.fingerprint > other.fingerprint : one.startedAt > other.startedAt

function keep(alerts: Map<string, Alert>, alert: Alert): void {
  const [oldest] = alerts.keys()
  if (alerts.size >= maxAlerts && !alerts.has(alert.fingerprint) && oldest !== undefined) alerts.delete(oldest)
  alerts.set(alert.fingerprint, alert)
}
