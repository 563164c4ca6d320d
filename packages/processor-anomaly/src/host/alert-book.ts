import { createHash } from 'node:crypto'
import type { Alert, AlertReport, AlertSeverity, AttributeMap, AttributeValue, DetectorSettings } from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'

/** Alerts that are remembered per detector; beyond that the oldest is forgotten. */
const maxEntries = 10_000

const rank = { info: 0, warning: 1, critical: 2 } as const

interface Entry {
  readonly fingerprint: string
  readonly group: AttributeMap
  readonly key: string | undefined
  /** What the detector said last. */
  report: AlertReport
  severity: AlertSeverity
  startedAt: number
  /** When it was last reported. */
  lastTime: number
  /** When it was last sent on as firing. */
  sentAt: number
  count: number
  isFiring: boolean
  /** It has been sent on since it began firing; if not, it came back within the cool-down. */
  isAnnounced: boolean
}

/** Sixteen hexadecimal digits of a hash: enough to tell the alerts of a collector apart. */
const digest = (...parts: (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)

/** The alerts of one detector, from firing to resolved: repeats are counted and not sent again within the cool-down. */
export class AlertBook {
  readonly #rule: string
  readonly #settings: Pick<DetectorSettings, 'severity' | 'cooldown' | 'resolve_after'>
  readonly #send: (alert: Alert, isNew: boolean) => void
  /** By group and key, oldest first. */
  readonly #entries = new Map<string, Entry>()
  /** Before this time there is nothing to resolve or forget. */
  #nextDue = Number.POSITIVE_INFINITY

  constructor(
    rule: string,
    settings: Pick<DetectorSettings, 'severity' | 'cooldown' | 'resolve_after'>,
    send: (alert: Alert, isNew: boolean) => void,
  ) {
    this.#rule = rule
    this.#settings = settings
    this.#send = send
  }

  /**
   * Takes a detector's report.
   * @param explain adds what is worth looking up once the report is sent on
   */
  report(groupKey: string, group: AttributeMap, report: AlertReport, explain = (given: AlertReport) => given): void {
    const { key } = report
    const name = `${groupKey}\n${key ?? ''}`
    let entry = this.#entries.get(name)
    if (report.state === 'resolved') {
      if (entry?.isFiring === true) this.#resolve(entry, report.time, report)
      return
    }
    const severity = this.#settings.severity ?? report.severity
    if (entry !== undefined && this.#isOver(entry, report.time)) this.#resolve(entry, this.#endOf(entry))
    if (entry === undefined) {
      this.#makeRoom()
      entry = {
        ...{ fingerprint: digest(this.#rule, groupKey, key ?? ''), group, key, report, severity },
        ...{ startedAt: report.time, lastTime: report.time, sentAt: Number.NEGATIVE_INFINITY, count: 0 },
        ...{ isFiring: false, isAnnounced: false },
      }
      this.#entries.set(name, entry)
    }
    if (!entry.isFiring) Object.assign(entry, { isFiring: true, isAnnounced: false, startedAt: report.time, count: 0 })
    const isWorse = entry.isAnnounced && rank[severity] > rank[entry.severity]
    entry.count++
    entry.report = report
    entry.lastTime = Math.max(entry.lastTime, report.time)
    if (isWorse || report.time >= this.#cooledAt(entry)) {
      entry.severity = severity
      entry.report = explain(report)
      this.#announce(entry, report.time)
    }
    this.#nextDue = Math.min(this.#nextDue, this.#dueAt(entry))
  }

  /** Resolves and forgets what is over. */
  advance(watermark: number): void {
    if (watermark < this.#nextDue) return
    this.#nextDue = Number.POSITIVE_INFINITY
    for (const [name, entry] of this.#entries) {
      if (this.#isOver(entry, watermark)) this.#resolve(entry, this.#endOf(entry))
      if (this.#cooledAt(entry) <= watermark) {
        if (!entry.isFiring) this.#entries.delete(name)
        else if (!entry.isAnnounced) this.#announce(entry, this.#cooledAt(entry))
      }
      this.#nextDue = Math.min(this.#nextDue, this.#dueAt(entry))
    }
  }

  /** The detectors are others from now on: what was firing is over. */
  close(): void {
    for (const entry of this.#entries.values()) if (entry.isFiring) this.#resolve(entry, entry.lastTime)
    this.#entries.clear()
  }

  /** Nobody was told of any of them. */
  clear(): void {
    this.#entries.clear()
    this.#nextDue = Number.POSITIVE_INFINITY
  }

  /** A group is forgotten, and its detector with it: nobody else will say that its alerts are over. */
  forget(groupKey: string, time: number): void {
    for (const [name, entry] of this.#entries) {
      if (!name.startsWith(`${groupKey}\n`)) continue
      if (entry.isFiring) this.#resolve(entry, Math.max(time, entry.lastTime))
      this.#entries.delete(name)
    }
  }

  snapshot(): AttributeValue {
    return [...this.#entries].map(([name, { key, sentAt, report, ...entry }]) => ({
      ...entry,
      ...{ name, sentAt: savedTime(sentAt), report: { ...report } },
      ...(key === undefined ? {} : { key }),
    }))
  }

  restore(entries: readonly Saved[]): void {
    for (const saved of entries) {
      this.#entries.set(saved.text('name'), {
        ...{ fingerprint: saved.text('fingerprint'), group: saved.map('group') },
        key: saved.value('key') === undefined ? undefined : saved.text('key'),
        report: reportFrom(saved.child('report')),
        severity: severityFrom(saved.text('severity')),
        ...{ startedAt: saved.number('startedAt', 0), lastTime: saved.number('lastTime', 0) },
        ...{ sentAt: saved.number('sentAt', Number.NEGATIVE_INFINITY), count: saved.number('count', 1) },
        ...{ isFiring: saved.flag('isFiring'), isAnnounced: saved.flag('isAnnounced') },
      })
    }
    this.#nextDue = Number.NEGATIVE_INFINITY
  }

  #cooledAt(entry: Entry): number {
    return entry.sentAt + this.#settings.cooldown
  }

  #endOf(entry: Entry): number {
    return entry.report.resolves === true ? Number.POSITIVE_INFINITY : entry.lastTime + this.#settings.resolve_after
  }

  #isOver(entry: Entry, time: number): boolean {
    return entry.isFiring && time >= this.#endOf(entry)
  }

  /** When there is something to do about it. */
  #dueAt(entry: Entry): number {
    if (!entry.isFiring || !entry.isAnnounced) return Math.min(this.#cooledAt(entry), this.#endOf(entry))
    return this.#endOf(entry)
  }

  #announce(entry: Entry, time: number): void {
    const isNew = !entry.isAnnounced
    entry.sentAt = time
    entry.isAnnounced = true
    this.#send(this.#alert(entry, 'firing', time, entry.report), isNew)
  }

  #resolve(entry: Entry, time: number, report: Partial<AlertReport> = {}): void {
    entry.isFiring = false
    this.#nextDue = Math.min(this.#nextDue, this.#cooledAt(entry))
    if (entry.isAnnounced) this.#send(this.#alert(entry, 'resolved', time, report), false)
  }

  #alert(entry: Entry, state: Alert['state'], time: number, report: Partial<AlertReport>): Alert {
    const { fingerprint, group, key, severity, startedAt, count } = entry
    return {
      ...report,
      ...{ id: digest(fingerprint, startedAt, state, time), fingerprint, rule: this.#rule, state, group },
      ...{ title: report.title ?? entry.report.title, severity, time, startedAt, count },
      ...(key === undefined ? {} : { key }),
    }
  }

  #makeRoom(): void {
    if (this.#entries.size < maxEntries) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}

const severityFrom = (word: string): AlertSeverity => (word === 'info' || word === 'critical' ? word : 'warning')

/** What of a report is needed again: to announce it late, to say that it is over. */
function reportFrom(saved: Saved): AlertReport {
  const report: AlertReport = {
    ...{ title: saved.text('title'), severity: severityFrom(saved.text('severity')), time: saved.number('time', 0) },
    ...{ evidence: saved.map('evidence'), samples: saved.texts('samples') },
  }
  const [observed, expected] = [saved.value('observed'), saved.value('expected')]
  if (observed !== undefined) report.observed = observed
  if (expected !== undefined) report.expected = expected
  for (const name of ['score', 'windowStart', 'windowEnd'] as const) {
    if (saved.value(name) !== undefined) report[name] = saved.number(name, 0)
  }
  if (saved.flag('resolves')) report.resolves = true
  return report
}
