import { clip, isoTime, type Notice, noticeLabel, noticeOf } from '@weir/sdk'
import type { Preset } from './preset.ts'

/** Characters, of three bytes at most each: a longer message than 4,096 bytes becomes an attachment. */
const maxMessage = 1300
const maxTitle = 250

/** The name of the topic: the last part of the address. */
export const topicOf = (url: URL): string => decodeURIComponent(url.pathname.split('/').at(-1) ?? '')

const priorities = { info: 3, warning: 4, critical: 5 } as const
/** Names of emojis. */
const tags = { info: 'information_source', warning: 'warning', critical: 'rotating_light' } as const

function message({ facts, samples, time, origin }: Notice): string {
  const lines = [...facts.map(([name, value]) => `${name}: ${value}`), ...samples]
  lines.push([isoTime(time), origin].filter((text) => text !== undefined && text !== '').join('  ·  '))
  return clip(lines.filter((line) => line !== '').join('\n'), maxMessage)
}

/**
 * A notification of an alert, as JSON. It is shown as it stands: nothing in it is Markdown.
 * @see https://docs.ntfy.sh/publish/#publish-as-json
 */
export const ntfy: Preset<Notice> = {
  maxPerRequest: 1,
  read: noticeOf,
  target: (_, url) => new URL('.', url),
  payload([notice], url) {
    if (notice === undefined) return {}
    return {
      topic: topicOf(url),
      title: clip(`${noticeLabel(notice)}  ${notice.title}`, maxTitle),
      message: message(notice) || notice.title || 'alert',
      tags: [notice.isResolved ? 'white_check_mark' : tags[notice.severity]],
      priority: notice.isResolved ? 3 : priorities[notice.severity],
    }
  },
}
