import { severityOf, severityOfLevelNumber } from '@weir/sdk'
import { page, pageText } from './page.ts'

const bytes = page

/** syslog's: emergency, alert, critical, error, warning, notice, info, debug. */
const syslogWords = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']
const syslogSeverities: readonly number[] = syslogWords.map(severityOf)

/** Severity of a level that is a number: of syslog (0 to 7, as GELF and journald have it), bunyan or pino. */
export const severityOfNumber = (level: number): number => syslogSeverities[level] ?? severityOfLevelNumber(level)

/** Severity of a level word or number, 0 if it is none. */
export const severityOfText = (text: string): number => {
  const known = severityOf(text)
  return known === 0 && /^\d{1,2}$/.test(text) ? severityOfNumber(Number(text)) : known
}

const size = 256

/** Severities of level words on the page, without a string for each: the words of a log are few. */
export class SeverityWords {
  readonly #words: Uint8Array[] = new Array(size).fill(new Uint8Array(0))
  readonly #severities = new Uint8Array(size)

  of(from: number, to: number): number {
    const length = to - from
    if (length === 0 || length > 32) return 0
    const place = ((bytes[from] ?? 0) * 7 + (bytes[to - 1] ?? 0) * 5 + length) & (size - 1)
    const known = this.#words[place]
    if (known === undefined || known.length !== length) return this.#learn(from, to, place)
    for (let at = 0; at < length; at++) {
      if (known[at] !== bytes[from + at]) return this.#learn(from, to, place)
    }
    return this.#severities[place] ?? 0
  }

  #learn(from: number, to: number, place: number): number {
    const severity = severityOfText(pageText(from, to))
    this.#words[place] = bytes.slice(from, to)
    this.#severities[place] = severity
    return severity
  }
}
