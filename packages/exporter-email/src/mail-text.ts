import { type Notice, noticeLabel } from '@weir/sdk'
import { contextLine } from './context-line.ts'

/** Alerts for people: when, what, how much, why. */
function section(notice: Notice): string {
  const { title, facts, samples } = notice
  const width = Math.max(0, ...facts.map(([name]) => name.length))
  return [
    `${noticeLabel(notice)}  ${title}`,
    contextLine(notice),
    ...facts.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...samples.map((sample) => `  > ${sample}`),
  ]
    .filter((line) => line !== '')
    .join('\n')
}

/** The part of a mail that is plain text. */
export const mailText = (notices: readonly Notice[]): string => `${notices.map(section).join('\n\n')}\n`
