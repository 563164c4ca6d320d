import type { Record, TimestampReader } from '@weir/sdk'
import { colon, minus, nine, zero } from './byte.ts'
import { page } from './page.ts'
import { afterDigits, find, isAt, setBody, setDigits, setSeverityText, setText } from './page-field.ts'
import { SeverityWords } from './severity-words.ts'

const bytes = page

/**
 * Apache's error log, of 2.4 and before: `[Wed Nov 24 13:55:36.123456 2026] [core:error] [pid 7:tid 9] [client
 * 192.0.2.1:1234] AH00124: message`.
 */
export class ApacheErrorReader {
  readonly #time: TimestampReader
  readonly #severities = new SeverityWords()

  constructor(time: TimestampReader) {
    this.#time = time
  }

  /** Reads the line on the page from `start` to `end`; `false` if it is no such line. */
  read(start: number, end: number, record: Record): boolean {
    if (!isAt('[', start)) return false
    const timeEnd = find(']', start + 1, end)
    const ms = timeEnd < 0 || !isAt('] [', timeEnd) ? Number.NaN : this.#time.whole(bytes, start + 1, timeEnd)
    if (Number.isNaN(ms)) return false
    const moduleStart = timeEnd + 3
    let moduleEnd = moduleStart
    while (isWordByte(bytes[moduleEnd])) moduleEnd++
    const hasModule = bytes[moduleEnd] === colon
    const levelStart = hasModule ? moduleEnd + 1 : moduleStart
    let wordEnd = levelStart
    while (isLowerCase(bytes[wordEnd])) wordEnd++
    // `trace1` to `trace8`.
    const levelEnd = isDigit(bytes[wordEnd]) ? wordEnd + 1 : wordEnd
    if (wordEnd === levelStart || !isAt('] ', levelEnd) || levelEnd + 2 > end) return false
    record.time = ms
    record.timeRemainder = this.#time.remainder
    setSeverityText(record, levelStart, levelEnd)
    record.severityNumber = this.#severities.of(levelStart, wordEnd)
    if (hasModule && moduleEnd > moduleStart) setText(record, 'apache.module', moduleStart, moduleEnd)
    setBody(record, this.#readTags(levelEnd + 2, end, record), end)
    return true
  }

  /** What stands between the level and the message, each of which may be missing; returns where the message begins. */
  #readTags(from: number, end: number, record: Record): number {
    let at = from
    if (isAt('[pid ', at)) {
      const pidEnd = afterDigits(at + 5)
      const hasThread = isAt(':tid ', pidEnd)
      const tidEnd = hasThread ? afterDigits(pidEnd + 5) : pidEnd
      if (pidEnd > at + 5 && (!hasThread || tidEnd > pidEnd + 5) && isAt('] ', tidEnd)) {
        setDigits(record, 'process.pid', at + 5, pidEnd)
        if (hasThread) setDigits(record, 'thread.id', pidEnd + 5, tidEnd)
        at = tidEnd + 2
      }
    }
    if (isAt('[client ', at)) {
      const clientEnd = find(']', at + 8, end)
      if (clientEnd > at + 8 && isAt('] ', clientEnd)) {
        setClient(record, at + 8, clientEnd)
        at = clientEnd + 2
      }
    }
    if (isAt('AH', at)) {
      const codeEnd = afterDigits(at + 2)
      if (codeEnd > at + 2 && isAt(': ', codeEnd)) {
        setText(record, 'apache.code', at, codeEnd)
        at = codeEnd + 2
      }
    }
    return at
  }
}

/** Only addresses of IPv4 show whether a port follows: 2.2 writes none, and IPv6 has colons of its own. */
function setClient(record: Record, start: number, end: number): void {
  const colonAt = find(':', start, end)
  const hasPort = colonAt > start && afterDigits(colonAt + 1) === end && end > colonAt + 1
  setText(record, 'client.address', start, hasPort ? colonAt : end)
  if (hasPort) setDigits(record, 'client.port', colonAt + 1, end)
}

const isDigit = (byte = 0): boolean => byte >= zero && byte <= nine
const isLowerCase = (byte = 0): boolean => byte >= 0x61 && byte <= 0x7a
const isWordByte = (byte = 0): boolean => isLowerCase(byte | 0x20) || isDigit(byte) || byte === minus || byte === 0x5f

export const isApacheError = (line: string): boolean =>
  /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] \[/.test(line)
