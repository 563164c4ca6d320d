import { clip, isoTime, type Notice, noticeLabel, noticeOf } from '@weir/sdk'
import type { Preset } from './preset.ts'

/** Characters that one alert may take, so that a message stays below Teams' 28 KB even in three-byte characters. */
const maxTitle = 300
const maxFacts = 8
const maxFact = 80
const maxSamples = 600

const styles = { info: 'accent', warning: 'warning', critical: 'attention' } as const
const escaped = (text: string): string => text.replace(/[\\*_[\]`]/g, '\\$&')

/** Text that is not read as Markdown. */
const plain = (text: string, options: object = {}) => ({
  type: 'RichTextBlock',
  inlines: [{ type: 'TextRun', text, ...options }],
})

function container(notice: Notice) {
  const { facts, samples, title, origin, time } = notice
  const context = [isoTime(time), clip(origin, maxFact)].filter((text) => text !== undefined && text !== '')
  return {
    type: 'Container',
    style: notice.isResolved ? 'good' : styles[notice.severity],
    bleed: true,
    items: [
      plain(`${noticeLabel(notice)}  ${clip(title, maxTitle)}`, { weight: 'Bolder', size: 'Medium' }),
      ...(context.length > 0 ? [plain(context.join('  ·  '), { isSubtle: true, size: 'Small' })] : []),
      ...(facts.length > 0
        ? [
            {
              type: 'FactSet',
              facts: facts.slice(0, maxFacts).map(([name, value]) => ({
                title: escaped(clip(name, maxFact)),
                value: escaped(clip(value, maxFact)),
              })),
            },
          ]
        : []),
      ...(samples.length > 0
        ? [plain(clip(samples.join('\n'), maxSamples), { fontType: 'Monospace', size: 'Small' })]
        : []),
    ],
  }
}

/**
 * An Adaptive Card, as Teams' workflows and incoming webhooks take it.
 * @see https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
export const teams: Preset<Notice> = {
  maxPerRequest: 5,
  read: noticeOf,
  payload: (notices) => ({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body: notices.map(container),
        },
      },
    ],
  }),
}
