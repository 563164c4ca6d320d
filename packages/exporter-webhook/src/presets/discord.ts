import { clip, isoTime, type Notice, noticeLabel, noticeOf } from '@weir/sdk'
import { colorOf, type Preset } from './preset.ts'

/** Characters of all embeds of a message together. */
const maxMessage = 6000
const maxTitle = 256
const maxFields = 25
const maxName = 100
const maxValue = 200
const maxDescription = 2000

const special = /[\\*_~`|>[\]]/

/** Text that is not read as Markdown, cut to so many characters with its escapes. */
function markdown(text: string, length: number): string {
  let written = ''
  for (const character of clip(text, length)) {
    const next = special.test(character) ? `\\${character}` : character
    if (written.length + next.length >= length) return `${written}…`
    written += next
  }
  return written
}

function embed(notice: Notice, budget: number) {
  const title = markdown(`${noticeLabel(notice)}  ${notice.title}`, maxTitle)
  const footer = clip(notice.origin, maxName)
  let left = budget - title.length - footer.length
  const fields: { name: string; value: string; inline: boolean }[] = []
  for (const [factName, factValue] of notice.facts) {
    const name = markdown(factName, maxName) || '-'
    const value = markdown(factValue, maxValue) || '-'
    if (fields.length === maxFields || name.length + value.length > left) break
    left -= name.length + value.length
    fields.push({ name, value, inline: true })
  }
  const fence = '```'
  const room = Math.min(maxDescription, left) - 2 * fence.length - 2
  const samples = clip(notice.samples.join('\n').replaceAll(fence, "'''"), room)
  const timestamp = isoTime(notice.time)
  return {
    title,
    color: colorOf(notice),
    ...(samples === '' ? {} : { description: `${fence}\n${samples}\n${fence}` }),
    ...(fields.length > 0 ? { fields } : {}),
    ...(footer === '' ? {} : { footer: { text: footer } }),
    ...(timestamp === undefined ? {} : { timestamp }),
  }
}

/**
 * Embeds. Nothing in them notifies anyone but the channel.
 * @see https://docs.discord.com/developers/resources/message#embed-object-embed-limits
 */
export const discord: Preset<Notice> = {
  maxPerRequest: 10,
  read: noticeOf,
  payload: (notices) => ({
    embeds: notices.map((notice) => embed(notice, Math.floor(maxMessage / notices.length))),
    allowed_mentions: { parse: [] },
  }),
}
