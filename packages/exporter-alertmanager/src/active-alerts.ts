import type { AttributeValue, State } from '@weir/sdk'
import type { Labels } from './posted-alert.ts'

/** An alert that fires. */
export interface ActiveAlert {
  readonly labels: Labels
  readonly annotations: Labels
  /** Unix epoch in milliseconds, as is `reportedAt`. */
  readonly startsAt: number
  readonly reportedAt: number
}

const key = 'active'

/** Alerts that fire, by fingerprint; they outlive a restart. */
export class ActiveAlerts {
  readonly #state: State
  readonly #alerts = new Map<string, ActiveAlert>()

  constructor(state: State) {
    this.#state = state
    const stored = state.get(key)
    if (!Array.isArray(stored)) return
    for (const entry of stored) {
      const active = Array.isArray(entry) ? activeOf(entry[1]) : undefined
      if (Array.isArray(entry) && active !== undefined) this.#alerts.set(String(entry[0]), active)
    }
  }

  get(fingerprint: string): ActiveAlert | undefined {
    return this.#alerts.get(fingerprint)
  }

  /** Those that were reported since. */
  since(time: number): ActiveAlert[] {
    let isForgetting = false
    for (const [fingerprint, { reportedAt }] of this.#alerts) {
      if (reportedAt >= time) continue
      this.#alerts.delete(fingerprint)
      isForgetting = true
    }
    if (isForgetting) this.#store()
    return [...this.#alerts.values()]
  }

  /** Sets alerts that fire, and removes those that do not (`undefined`). */
  change(changes: ReadonlyMap<string, ActiveAlert | undefined>): void {
    for (const [fingerprint, active] of changes) {
      if (active === undefined) this.#alerts.delete(fingerprint)
      else this.#alerts.set(fingerprint, active)
    }
    if (changes.size > 0) this.#store()
  }

  #store(): void {
    this.#state.set(
      key,
      Array.from(this.#alerts, ([fingerprint, { labels, annotations, startsAt, reportedAt }]) => [
        fingerprint,
        { labels: { ...labels }, annotations: { ...annotations }, startsAt, reportedAt },
      ]),
    )
  }
}

/** What was stored, if it is an alert. */
function activeOf(value: AttributeValue | undefined): ActiveAlert | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { labels, annotations, startsAt, reportedAt } = value
  if (typeof startsAt !== 'number' || typeof reportedAt !== 'number') return undefined
  return { labels: textsOf(labels), annotations: textsOf(annotations), startsAt, reportedAt }
}

const textsOf = (value: AttributeValue | undefined): Labels =>
  Object.fromEntries(Object.entries(value ?? {}).map(([name, text]) => [name, String(text)]))
