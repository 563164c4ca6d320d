import { createHash } from 'node:crypto'
import { clip, type Notice, noticeLabel } from '@weir/sdk'
import { mailHtml } from './mail-html.ts'
import { mailText } from './mail-text.ts'

/** A mail, all but who gets it. */
export interface Mail {
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The same whenever the same alerts are sent, so that a repetition can be recognised. */
  readonly messageId: string
  /** Of the thread of one alert, from its beginning to its end. */
  readonly references: string | undefined
  readonly isUrgent: boolean
}

const maxSubject = 200
/** Characters of one alert's parts: a mail of 50 alerts stays below 2 MB. */
const maxTitle = 500
const maxFact = 1000
const maxFacts = 30
const maxSample = 2000
const maxSamples = 10

/** Text that can neither begin a header, nor a line, nor make a screen do anything: control characters are marked. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
const printed = (text: string): string =>
  text.toWellFormed().replace(/[\p{Cc}\p{Cf}]/gu, (one) => (/[\n\t]/.test(one) ? one : '\u00b7'))

const bounded = (notice: Notice): Notice => ({
  ...notice,
  title: clip(oneLine(notice.title.toWellFormed()), maxTitle),
  origin: clip(oneLine(notice.origin.toWellFormed()), maxTitle),
  facts: notice.facts
    .slice(0, maxFacts)
    .map(([name, value]) => [clip(printed(name), maxFact), clip(printed(value), maxFact)] as const),
  samples: notice.samples.slice(0, maxSamples).map((sample) => clip(printed(sample), maxSample)),
})

function subjectOf(notices: readonly Notice[]): string {
  const [first] = notices
  if (first === undefined) return ''
  if (notices.length === 1) return `${noticeLabel(first)} ${first.title}`
  const counts = new Map<string, number>()
  for (const notice of notices) {
    const name = noticeLabel(notice).toLowerCase()
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const order = ['critical', 'warning', 'info', 'resolved'].flatMap((name) => {
    const count = counts.get(name)
    return count === undefined ? [] : [`${count} ${name}`]
  })
  return `${order.join(', ')}: ${first.title}`
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40)

/** @param domain of the message's id: the sender's */
export function mailOf(given: readonly Notice[], prefix: string, domain: string): Mail {
  const notices = given.map(bounded)
  const subject = clip(oneLine(`${prefix} ${subjectOf(notices)}`), maxSubject)
  const text = mailText(notices)
  const ids = given.map(({ alert }) => alert?.id || '')
  const [first] = given
  const fingerprint = given.length === 1 ? first?.alert?.fingerprint : undefined
  return {
    subject,
    text,
    html: mailHtml(subject, notices),
    messageId: `<${digest(ids.includes('') ? text : ids.join('\n'))}@${domain}>`,
    references: fingerprint ? `<alert.${digest(fingerprint)}@${domain}>` : undefined,
    isUrgent: notices.some(({ severity, isResolved }) => severity === 'critical' && !isResolved),
  }
}
