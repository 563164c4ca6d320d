import type { Alert, AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'
import type { Config } from './config.ts'
import { Incident } from './incident.ts'
import { labelOf, sharedLabels } from './labels.ts'

/** Incidents that may be open at once. */
const maxIncidents = 10_000
/** Alerts of an incident; further ones are another incident. */
const maxMembers = 1000

export interface IncidentsOptions {
  readonly rule: string
  readonly config: Pick<Config, 'group_by' | 'window' | 'wait' | 'min_alerts' | 'update_interval' | 'keep_alerts'>
  readonly send: (alert: Alert) => void
  /** Says whether an alert that has waited may be sent now. */
  readonly mayBeSent: (alert: Alert, time: number) => boolean
}

/** Puts alerts that come together into incidents. Works on the time of the alerts alone. */
export class Incidents {
  readonly #options: IncidentsOptions
  /** Oldest first. */
  #open: Incident[] = []

  constructor(options: IncidentsOptions) {
    this.#options = options
  }

  take(alert: Alert): void {
    const { send, config } = this.#options
    let incident = this.#open.find((one) => one.has(alert.fingerprint))
    if (alert.state === 'resolved' && incident === undefined) {
      send(alert)
      return
    }
    incident ??= this.#join(alert)
    incident.take(alert)
    if (config.keep_alerts || (incident.isReleased && !incident.isAnnounced && incident.size < config.min_alerts))
      this.#sendSingle(alert, alert.time)
    // What was sent by itself before there was an incident is also ended by itself: whoever heard of it waits for that.
    else if (alert.state === 'resolved') send(alert)
    this.#judge(incident, alert.time)
  }

  /** Time has come to `time`: sends what has waited for long enough. */
  advance(time: number): void {
    for (const incident of [...this.#open]) this.#judge(incident, time)
  }

  snapshot(): AttributeValue {
    return this.#open.map((incident) => incident.snapshot())
  }

  restore(saved: readonly Saved[]): void {
    this.#open = saved.map((entry) => Incident.from(entry, this.#options.rule))
  }

  /** The incident that an alert belongs to, or a new one. */
  #join(alert: Alert): Incident {
    const { config, rule } = this.#options
    const key = JSON.stringify(config.group_by.map((name) => labelOf(alert, name)))
    const open = this.#open.findLast((one) => one.key === key)
    if (open !== undefined && open.size < maxMembers && alert.time < open.joinedAt + config.window) return open
    const labels = sharedLabels(alert, config.group_by)
    const incident = new Incident({ rule, key, labels, startedAt: alert.startedAt, openedAt: alert.time })
    if (this.#open.length >= maxIncidents) this.#open.shift()
    this.#open.push(incident)
    return incident
  }

  /**
   * Sends what is due. What is due at a time is sent as of that time, not as of when it is noticed: a replay, in which time
   * jumps from alert to alert, gives the same alerts as a live run.
   */
  #judge(incident: Incident, time: number): void {
    const { config, send } = this.#options
    const due = incident.isAnnounced ? incident.announcedAt + config.update_interval : incident.openedAt + config.wait
    const at = Math.max(due, incident.takenAt)
    if (incident.isAnnounced) {
      if (incident.isOver) this.#end(incident, () => send(incident.end(incident.takenAt)))
      else if (incident.isWorse) send(incident.announcement(incident.takenAt))
      else if (incident.hasGrown && time >= due) send(incident.announcement(at))
    } else if (time >= due && incident.size >= config.min_alerts) {
      send(incident.announcement(at))
      if (incident.isOver) this.#end(incident, () => send(incident.end(at)))
    } else if (time >= due) {
      if (!incident.isReleased && !config.keep_alerts) for (const alert of incident.alerts) this.#sendSingle(alert, at)
      incident.isReleased = true
      // One alone that is over waits on for others, as long as they would join it.
      if (incident.isOver && time >= incident.joinedAt + config.window) this.#end(incident)
    }
  }

  #end(incident: Incident, say?: () => void): void {
    say?.()
    this.#open = this.#open.filter((one) => one !== incident)
  }

  #sendSingle(alert: Alert, time: number): void {
    if (alert.state === 'resolved' || this.#options.mayBeSent(alert, time)) this.#options.send(alert)
  }
}
