import { type Alert, type AlertEntry, asAlert, type LogBatch } from '@weir/sdk'
import type { Onlooker } from './tap-point.ts'

/** Alerts that are remembered; beyond that the one that was heard of longest ago is forgotten. */
const maxEntries = 200

/** The alerts that have passed of late, each as it was last reported. */
export class AlertBook implements Onlooker {
  readonly #entries = new Map<string, AlertEntry>()

  see(batch: LogBatch): void {
    batch.forEach((record) => {
      const alert = asAlert(record)
      if (alert !== undefined) this.#enter(alert)
    })
  }

  failed(): void {}

  get firing(): number {
    let count = 0
    for (const { state } of this.#entries.values()) if (state === 'firing') count++
    return count
  }

  /** The latest first: those that fire, then those that are over. */
  latest(count: number): AlertEntry[] {
    const all = [...this.#entries.values()].reverse()
    const firing = all.filter(({ state }) => state === 'firing')
    return [...firing, ...all.filter(({ state }) => state === 'resolved')].slice(0, count)
  }

  #enter({ fingerprint, rule, state, severity, title, time, startedAt, count, group }: Alert): void {
    this.#entries.delete(fingerprint)
    this.#entries.set(fingerprint, { fingerprint, rule, state, severity, title, time, startedAt, count, group })
    if (this.#entries.size <= maxEntries) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
