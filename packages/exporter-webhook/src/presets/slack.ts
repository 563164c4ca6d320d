import { clip, isoTime, type Notice, noticeLabel, noticeOf } from '@weir/sdk'
import { colorText, type Preset } from './preset.ts'

/** @see https://docs.slack.dev/messaging/formatting-message-text: the three characters that mean something */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const code = (text: string): string => escaped(text.replaceAll('```', "'''"))
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text })

/** Cut before it is escaped, to a length that fits even if every character is. */
const maxTitle = 500
const maxSamples = 550
const maxFacts = 10
const maxFact = 380

/** In the reader's own time zone. */
function timeText(ms: number): string {
  const iso = isoTime(ms)
  return iso === undefined ? '' : `<!date^${Math.floor(ms / 1000)}^{date_short_pretty} {time_secs}|${iso}>`
}

function attachment(notice: Notice) {
  const { facts, samples, title, time, origin } = notice
  const blocks: object[] = [
    { type: 'section', text: mrkdwn(`*${noticeLabel(notice)}*  ${escaped(clip(title, maxTitle))}`) },
  ]
  if (facts.length > 0) {
    const fields = facts
      .slice(0, maxFacts)
      .map(([name, value]) => mrkdwn(`*${escaped(clip(name, 80))}*\n${escaped(clip(value, maxFact - 80))}`))
    blocks.push({ type: 'section', fields })
  }
  if (samples.length > 0) {
    blocks.push({ type: 'section', text: mrkdwn(`\`\`\`${code(clip(samples.join('\n'), maxSamples))}\`\`\``) })
  }
  const context = [timeText(time), escaped(clip(origin, 200))].filter((text) => text !== '').join('  ·  ')
  if (context !== '') blocks.push({ type: 'context', elements: [mrkdwn(context)] })
  return { color: colorText(notice), blocks }
}

/**
 * Block Kit within attachments, which have the coloured edge.
 * @see https://docs.slack.dev/reference/block-kit/blocks/section-block: 3,000 characters, ten fields of 2,000
 */
export const slack: Preset<Notice> = {
  maxPerRequest: 10,
  read: noticeOf,
  payload: (notices) => {
    const [first, ...more] = notices
    const title = first === undefined ? '' : `${noticeLabel(first)}: ${escaped(clip(first.title, maxTitle))}`
    // What notifications show, and clients that draw no blocks.
    return {
      text: more.length === 0 ? title : `${title} (and ${more.length} more)`,
      attachments: notices.map(attachment),
      // Addresses in log lines are not for Slack to visit.
      unfurl_links: false,
      unfurl_media: false,
    }
  },
}
