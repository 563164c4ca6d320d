import { createHash } from 'node:crypto'
import { type Alert, type AlertSeverity, type AttributeMap, type ContributingAlert, formatDuration } from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'
import { alertFrom, savedAlert } from './saved-alert.ts'

/** Alerts that an incident lists; more are counted. */
const maxListed = 50
/** Titles that its own title names, and its samples show. */
const maxNamed = 2
const maxSamples = 3

const ranks = { info: 0, warning: 1, critical: 2 } as const

interface Member {
  /** As it was when it last fired. */
  alert: Alert
  /** How it ended, if it has. */
  resolved: Alert | undefined
}

export interface IncidentOptions {
  /** Id of the connector: the incident's rule. */
  readonly rule: string
  readonly key: string
  readonly labels: AttributeMap
  /** When its first alert began. */
  readonly startedAt: number
  /** When that came. */
  readonly openedAt: number
}

const digest = (...parts: (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)

/** Alerts that belong together: one alone waits for others, several are one alert. */
export class Incident {
  readonly #options: IncidentOptions
  readonly #members = new Map<string, Member>()
  /** When an alert joined it last. */
  joinedAt = Number.NEGATIVE_INFINITY
  /** Time of the alert that came last. */
  takenAt = Number.NEGATIVE_INFINITY
  /** Its first alert has waited for others for long enough, and was sent. */
  isReleased = false
  /** When it was last sent as an incident. */
  announcedAt = Number.NEGATIVE_INFINITY
  #announcedSeverity: AlertSeverity = 'info'
  #announcedSize = 0

  constructor(options: IncidentOptions) {
    this.#options = options
  }

  get key(): string {
    return this.#options.key
  }

  get openedAt(): number {
    return this.#options.openedAt
  }

  get size(): number {
    return this.#members.size
  }

  get isAnnounced(): boolean {
    return this.announcedAt !== Number.NEGATIVE_INFINITY
  }

  get isOver(): boolean {
    return [...this.#members.values()].every(({ resolved }) => resolved !== undefined)
  }

  get severity(): AlertSeverity {
    const all = [...this.#members.values()].map(({ alert }) => alert.severity)
    return all.reduce((worst, one) => (ranks[one] > ranks[worst] ? one : worst), 'info')
  }

  get isWorse(): boolean {
    return ranks[this.severity] > ranks[this.#announcedSeverity]
  }

  /** Alerts have joined since it was last sent. */
  get hasGrown(): boolean {
    return this.size > this.#announcedSize
  }

  /** The alerts themselves, each followed by its end. */
  get alerts(): Alert[] {
    return [...this.#members.values()].flatMap(({ alert, resolved }) =>
      resolved === undefined ? [alert] : [alert, resolved],
    )
  }

  has(fingerprint: string): boolean {
    return this.#members.has(fingerprint)
  }

  take(alert: Alert): void {
    const member = this.#members.get(alert.fingerprint)
    this.takenAt = Math.max(this.takenAt, alert.time)
    if (alert.state === 'resolved') {
      if (member !== undefined) member.resolved = alert
      return
    }
    if (member === undefined) this.joinedAt = Math.max(this.joinedAt, alert.time)
    this.#members.set(alert.fingerprint, { alert, resolved: undefined })
  }

  announcement(time: number): Alert {
    this.announcedAt = time
    this.#announcedSeverity = this.severity
    this.#announcedSize = this.size
    return this.#alert('firing', time)
  }

  end(time: number): Alert {
    return this.#alert('resolved', time)
  }

  snapshot(): AttributeMap {
    const { rule: _, ...options } = this.#options
    return {
      ...options,
      ...{
        joinedAt: savedTime(this.joinedAt),
        isReleased: this.isReleased,
        announcedAt: savedTime(this.announcedAt),
      },
      ...{ announcedSeverity: this.#announcedSeverity, announcedSize: this.#announcedSize },
      members: [...this.#members.values()].map(({ alert, resolved }) => ({
        alert: savedAlert(alert),
        resolved: resolved === undefined ? null : savedAlert(resolved),
      })),
    }
  }

  static from(saved: Saved, rule: string): Incident {
    const incident = new Incident({
      ...{ rule, key: saved.text('key'), labels: saved.map('labels'), startedAt: saved.number('startedAt', 0) },
      openedAt: saved.number('openedAt', 0),
    })
    for (const entry of saved.children('members')) {
      const alert = alertFrom(entry.child('alert'))
      if (alert !== undefined)
        incident.#members.set(alert.fingerprint, { alert, resolved: alertFrom(entry.child('resolved')) })
    }
    incident.joinedAt = saved.number('joinedAt', Number.NEGATIVE_INFINITY)
    incident.takenAt = saved.number('takenAt', Number.NEGATIVE_INFINITY)
    incident.isReleased = saved.flag('isReleased')
    incident.announcedAt = saved.number('announcedAt', Number.NEGATIVE_INFINITY)
    const severity = saved.text('announcedSeverity')
    incident.#announcedSeverity = severity === 'critical' || severity === 'warning' ? severity : 'info'
    incident.#announcedSize = saved.number('announcedSize', 0)
    return incident
  }

  #alert(state: Alert['state'], time: number): Alert {
    const { rule, key, labels, startedAt } = this.#options
    // Each incident is its own: one that begins while another is open must not be ended by it.
    const fingerprint = digest(rule, key, startedAt)
    const members = [...this.#members.values()]
    const worst = this.severity
    const first = members.find(({ alert }) => alert.severity === worst)?.alert ?? members[0]?.alert
    return {
      ...{
        id: digest(fingerprint, state, time),
        fingerprint,
        rule,
        state,
        severity: worst,
        time,
        startedAt,
      },
      ...{ group: labels, count: members.length, title: this.#title(first) },
      evidence: {
        alerts: members.length,
        rules: [...new Set(members.map(({ alert }) => alert.rule))].join(', '),
        began_with: members[0]?.alert.rule ?? '',
      },
      samples: members.slice(0, maxSamples).map(({ alert }) => `${alert.rule}: ${alert.title}`),
      alerts: members.slice(0, maxListed).map((member) => contributing(member)),
      ...{ windowStart: startedAt, windowEnd: time },
    }
  }

  #title(first: Alert | undefined): string {
    const { labels, startedAt } = this.#options
    const where = Object.values(labels).join(', ')
    const others = [...this.#members.values()].map(({ alert }) => alert).filter((alert) => alert !== first)
    // What all of them have in common is said once.
    const prefix = `${where}: `
    const named = [first, ...others].slice(0, maxNamed).map((alert) => {
      const title = alert?.title ?? ''
      return title.startsWith(prefix) ? title.slice(prefix.length) : title
    })
    const more = this.size > maxNamed ? ` and ${this.size - maxNamed} more` : ''
    const spread = Math.max(...[first, ...others].map((alert) => alert?.startedAt ?? startedAt)) - startedAt
    const within = spread > 0 ? ` within ${formatDuration(spread)}` : ''
    return `${where === '' ? '' : prefix}${this.size} alerts${within}: ${named.join('; ')}${more}`
  }
}

function contributing({ alert, resolved }: Member): ContributingAlert {
  const { id, fingerprint, rule, severity, title, startedAt, group } = alert
  return {
    id,
    fingerprint,
    rule,
    severity,
    title,
    startedAt,
    group,
    state: resolved === undefined ? 'firing' : 'resolved',
  }
}
