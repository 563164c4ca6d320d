import { severityOf, severityOfLevelNumber } from '@weir/sdk'
import { maskOf } from './byte.ts'
import { pageText, pageWords } from './page.ts'

const words = pageWords

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
/** Longer words are few, and looked up as text. */
const maxLength = 8

/** Severities of level words on the page, without a string for each: the words of a log are few. */
export class SeverityWords {
  /** By place: the bytes of a word as two of the engine's, and its severity. */
  readonly #firsts = new Int32Array(size)
  readonly #seconds = new Int32Array(size)
  readonly #lengths = new Uint8Array(size)
  readonly #severities = new Uint8Array(size)

  of(from: number, to: number): number {
    const length = to - from
    if (length === 0 || length > 32) return 0
    if (length > maxLength) return severityOfText(pageText(from, to))
    const first = words.getInt32(from, true) & maskOf(length)
    const second = words.getInt32(from + 4, true) & maskOf(length - 4)
    const place = (first ^ (first >>> 8) ^ (first >>> 17) ^ second ^ length) & (size - 1)
    if (this.#firsts[place] === first && this.#seconds[place] === second && this.#lengths[place] === length) {
      return this.#severities[place] ?? 0
    }
    const severity = severityOfText(pageText(from, to))
    this.#firsts[place] = first
    this.#seconds[place] = second
    this.#lengths[place] = length
    this.#severities[place] = severity
    return severity
  }
}
