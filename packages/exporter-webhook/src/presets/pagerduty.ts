import { createHash } from 'node:crypto'
import { clip, isoTime, type Notice, noticeOf } from '@weir/sdk'
import type { Preset } from './preset.ts'

const maxSummary = 1024
const maxKey = 255
/** Characters of a value of the details: an event may have 512 KB. */
const maxDetail = 2000
const maxDetails = 50

/** Alerts of one fingerprint are one incident. What is no alert is an incident by its text. */
const dedupKey = ({ alert, origin, title }: Notice): string => {
  const key = alert?.fingerprint ?? ''
  if (key !== '' && key.length <= maxKey) return key
  return createHash('sha256')
    .update(JSON.stringify([key, origin, key === '' ? title : '']))
    .digest('hex')
}

function details({ facts, samples }: Notice) {
  const entries = facts.slice(0, maxDetails).map(([name, value]): [string, unknown] => [name, clip(value, maxDetail)])
  if (samples.length > 0) entries.push(['samples', samples.slice(0, 10).map((sample) => clip(sample, maxDetail))])
  return Object.fromEntries(entries)
}

function group({ alert }: Notice): string {
  return Object.values(alert?.group ?? {})
    .map(String)
    .join(' ')
}

/**
 * Events API v2: an alert triggers an incident, its end resolves it.
 * @see https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
 */
export const pagerduty = (routingKey: string): Preset<Notice> => ({
  url: 'https://events.pagerduty.com/v2/enqueue',
  maxPerRequest: 1,
  read: noticeOf,
  payload: ([notice]) => {
    if (notice === undefined) return {}
    const event = { routing_key: routingKey, dedup_key: dedupKey(notice) }
    if (notice.isResolved) return { ...event, event_action: 'resolve' }
    const timestamp = isoTime(notice.time)
    const groupText = clip(group(notice), maxKey)
    return {
      ...event,
      event_action: 'trigger',
      client: 'Weir',
      payload: {
        summary: clip(notice.title || notice.origin || 'alert', maxSummary),
        source: clip(groupText || notice.origin, maxKey) || 'weir',
        severity: notice.severity,
        ...(timestamp === undefined ? {} : { timestamp }),
        ...(notice.origin === '' ? {} : { class: clip(notice.origin, maxKey) }),
        ...(groupText === '' ? {} : { group: groupText }),
        custom_details: details(notice),
      },
    }
  },
})
