import { createHash } from 'node:crypto'
import { clip, isoTime, type Notice, noticeOf } from '@weir/sdk'
import type { Preset } from './preset.ts'

const maxMessage = 130
const maxAlias = 512
const maxText = 100
const maxEntity = 512
const maxDescription = 15_000
/** Characters of all details together, names included. */
const maxDetails = 8000
const maxDetail = 500

const priorities = { info: 'P5', warning: 'P3', critical: 'P1' } as const

/** Alerts of one fingerprint are one alert there. What is no alert is one by its text. */
function aliasOf({ alert, origin, title }: Notice): string {
  const alias = alert?.fingerprint ?? ''
  if (alias !== '' && alias.length <= maxAlias) return alias
  return createHash('sha256')
    .update(JSON.stringify([alias, origin, alias === '' ? title : '']))
    .digest('hex')
}

function details({ facts, time }: Notice): { [name: string]: string } {
  const entries: [string, string][] = []
  let left = maxDetails
  const when = isoTime(time)
  for (const [name, value] of when === undefined ? facts : [['time', when] as const, ...facts]) {
    const entry: [string, string] = [clip(name, maxDetail), clip(value, maxDetail)]
    left -= entry[0].length + entry[1].length
    if (left < 0) break
    entries.push(entry)
  }
  return Object.fromEntries(entries)
}

/** Its descriptions are HTML where HTML is meant. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function description({ title, samples }: Notice): string {
  // Cut before it is escaped: an escape is five characters at most.
  return escaped(clip([title, ...samples].join('\n'), maxDescription / 5))
}

/**
 * Alert API: an alert opens one of its fingerprint (`alias`), its end closes it.
 * @see https://docs.opsgenie.com/docs/alert-api
 */
export const opsgenie = (apiKey: string): Preset<Notice> => ({
  url: 'https://api.opsgenie.com',
  credentials: { authorization: `GenieKey ${apiKey}` },
  maxPerRequest: 1,
  read: noticeOf,
  target([notice], url) {
    const path = notice?.isResolved
      ? `v2/alerts/${encodeURIComponent(aliasOf(notice))}/close?identifierType=alias`
      : 'v2/alerts'
    return new URL(path, url.href.endsWith('/') ? url : `${url.href}/`)
  },
  payload([notice]) {
    if (notice === undefined) return {}
    const { title, origin, severity, isResolved, alert } = notice
    const source = clip(origin, maxText) || 'weir'
    if (isResolved) return { source, note: description(notice) }
    const entity = clip(
      Object.values(alert?.group ?? {})
        .map(String)
        .join(' '),
      maxEntity,
    )
    return {
      message: clip(title || origin || 'alert', maxMessage),
      alias: aliasOf(notice),
      description: description(notice),
      priority: priorities[severity],
      source,
      ...(entity === '' ? {} : { entity }),
      details: details(notice),
    }
  },
})
