import { clip, isoTime, type Notice, noticeLabel, noticeOf } from '@weir/sdk'
import { colorText, type Preset } from './preset.ts'

/** Cut before it is escaped, to a length that fits even if every character is. */
const maxTitle = 500
const maxFacts = 10
const maxName = 80
const maxValue = 300
const maxSamples = 2000

/** Text that is not read as Markdown, and mentions nobody: a space of no width follows each `@`. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-!|~<>:]/g, '\\$&').replaceAll('@', '@\u200b')

/** Mentions count in code, too. */
const code = (text: string): string => text.replaceAll('```', "'''").replaceAll('@', '@\u200b')

function attachment(notice: Notice) {
  const { facts, samples, title, time, origin } = notice
  const shown = escaped(clip(title, maxTitle))
  const lines = clip(samples.join('\n'), maxSamples)
  return {
    fallback: `${noticeLabel(notice)}: ${shown}`,
    color: colorText(notice),
    text: `**${noticeLabel(notice)}**  ${shown}${lines === '' ? '' : `\n\`\`\`\n${code(lines)}\n\`\`\``}`,
    fields: facts.slice(0, maxFacts).map(([name, value]) => ({
      short: true,
      title: escaped(clip(name, maxName)),
      value: escaped(clip(value, maxValue)),
    })),
    footer: [isoTime(time), clip(origin, 200)].filter((text) => text !== undefined && text !== '').join('  ·  '),
  }
}

/**
 * Message attachments, as incoming webhooks take them; together they stay below a post's 16,383 characters apiece.
 * @see https://developers.mattermost.com/integrate/reference/message-attachments/
 */
export const mattermost: Preset<Notice> = {
  maxPerRequest: 10,
  read: noticeOf,
  payload: (notices) => ({ attachments: notices.map(attachment) }),
}
