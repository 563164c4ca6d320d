import { type Alert, type AttributeValue, formatDuration } from '@weir/sdk'
import type { Saved } from '@weir/windows'
import { alertFrom, savedAlert } from './saved-alert.ts'

interface History {
  /** When it has begun firing, lately. */
  begun: number[]
  changedAt: number
  isFlapping: boolean
  /** What it was last, while it is flapping. */
  last: Alert | undefined
}

/** Alerts that are remembered. */
const maxHistories = 10_000

/** Notices alerts that come and go, and holds their changes back until they are calm. */
export class Flapping {
  readonly #changes: number
  readonly #withinMs: number
  readonly #histories = new Map<string, History>()

  constructor({ changes, within }: { readonly changes: number; readonly within: number }) {
    this.#changes = changes
    this.#withinMs = within
  }

  /** What is to be sent on instead of the alert; `undefined` if it only came or went again. */
  take(alert: Alert): Alert | undefined {
    if (this.#changes === 0) return alert
    const history = this.#historyOf(alert.fingerprint)
    const isNew = alert.state === 'firing' && history.begun.at(-1) !== alert.startedAt
    if (isNew) history.begun.push(alert.startedAt)
    history.changedAt = alert.time
    history.begun = history.begun.filter((time) => time > alert.time - this.#withinMs)
    if (history.isFlapping) {
      history.last = alert
      return undefined
    }
    if (!isNew || history.begun.length <= this.#changes) return alert
    history.isFlapping = true
    const times = `${history.begun.length} times in ${formatDuration(this.#withinMs)}`
    return { ...alert, title: `${alert.title} (comes and goes: ${times})` }
  }

  /** Says how those ended that have become calm. */
  advance(time: number, send: (alert: Alert) => void): void {
    for (const [fingerprint, history] of this.#histories) {
      if (time < history.changedAt + this.#withinMs) continue
      this.#histories.delete(fingerprint)
      if (history.last?.state === 'resolved') send({ ...history.last, time: history.changedAt + this.#withinMs })
    }
  }

  snapshot(): AttributeValue {
    return [...this.#histories].map(([fingerprint, { begun, changedAt, isFlapping, last }]) => ({
      ...{ fingerprint, begun, changedAt, isFlapping },
      last: last === undefined ? null : savedAlert(last),
    }))
  }

  restore(saved: readonly Saved[]): void {
    for (const entry of saved) {
      this.#histories.set(entry.text('fingerprint'), {
        ...{
          begun: entry.numbers('begun'),
          changedAt: entry.number('changedAt', 0),
          isFlapping: entry.flag('isFlapping'),
        },
        last: alertFrom(entry.child('last')),
      })
    }
  }

  #historyOf(fingerprint: string): History {
    let history = this.#histories.get(fingerprint)
    if (history === undefined) {
      const [oldest] = this.#histories.keys()
      if (this.#histories.size >= maxHistories && oldest !== undefined) this.#histories.delete(oldest)
      history = { begun: [], changedAt: 0, isFlapping: false, last: undefined }
      this.#histories.set(fingerprint, history)
    }
    return history
  }
}
