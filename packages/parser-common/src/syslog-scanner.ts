import { Cell, Layout, type LogBatch, Severity, type TimestampReader } from '@weir/sdk'
import { backslash, closeBracket, colon, minus, newline, nine, openBracket, quote, space, zero } from './byte.ts'
import type { LineScanner } from './line-scanner.ts'
import { page, pageWords } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'

const bytes = page
const words = pageWords

const layoutNames = [
  'hostname',
  'appname',
  'proc_id',
  'msg_id',
  'priority',
  'facility',
  'facility_text',
  'version',
  'structured_data',
]
/** Offsets into a row of cells, in the order of `layoutNames`; the severity's text comes after them. */
const hostname = 4
const appname = 6
const processId = 8
const messageId = 10
const priority = 12
const facility = 14
const facilityText = 16
const version = 18
const structuredData = 20
const severityText = 22

const severities = Uint8Array.of(
  Severity.FATAL,
  Severity.ERROR3,
  Severity.ERROR2,
  Severity.ERROR,
  Severity.WARN,
  Severity.INFO2,
  Severity.INFO,
  Severity.DEBUG,
)
const severityTexts = 'emerg alert crit err warning notice info debug'.split(' ')
const facilityTexts =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  )

const less = 0x3c
const greater = 0x3e
const star = 0x2a
const point = 0x2e
const letterZ = 0x5a

export interface SyslogOptions {
  protocol: 'auto' | 'rfc3164' | 'rfc5424'
  time: TimestampReader
}

/**
 * Syslog messages, one a line: RFC 5424 as it is written, RFC 3164 as it is used: without a priority, with times of RFC
 * 3339, with or without a host name, a byte order mark or spaces where there should be none.
 */
export class SyslogScanner implements LineScanner {
  readonly layout = Layout.of(...layoutNames)
  readonly #options: SyslogOptions
  /** The second of RFC 3339 that was read last: its 19 bytes as words, the last of which overlap. */
  readonly #known = new Int32Array(5)
  #second = Number.NaN
  /** Indices of the texts among the values of the batch at hand. */
  readonly #severityTexts = new Int32Array(8)
  readonly #facilityTexts = new Int32Array(24)

  constructor(options: SyslogOptions) {
    this.#options = options
    this.layout.addField('severityText')
  }

  scan(from: number, to: number, batch: LogBatch): number {
    this.#severityTexts.fill(-1)
    this.#facilityTexts.fill(-1)
    const { capacity } = batch
    let start = from
    while (start < to && batch.rowCount < capacity) {
      const end = bytes[start] === newline ? start : this.#scanLine(start, to, batch)
      start = end + 1
    }
    return start
  }

  /** Adds a row for a line; returns the offset of its newline. */
  #scanLine(start: number, to: number, batch: LogBatch): number {
    const { cells } = batch
    const width = batch.stride * 2
    const row = batch.rowCount
    const at = row * width
    for (let cell = 5; cell < width; cell += 2) cells[at + cell] = Cell.ABSENT
    if (batch.timeRemainder !== null) batch.timeRemainder[row] = 0

    let i = start
    if (bytes[i] === 0xef && bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf) i += 3
    let code = -1
    if (bytes[i] === less) {
      let value = 0
      let digit = i + 1
      for (; digit < i + 4; digit++) {
        const byte = bytes[digit] ?? 0
        if (byte < zero || byte > nine) break
        value = value * 10 + byte - zero
      }
      if (bytes[digit] === greater && digit > i + 1 && value < 192) {
        code = value
        i = digit + 1
        while (bytes[i] === space) i++
      }
    }
    if (code < 0) {
      batch.severityNumber[row] = 0
    } else {
      const severity = code & 7
      batch.severityNumber[row] = severities[severity] ?? 0
      cells[at + priority] = code
      cells[at + priority + 1] = Cell.INTEGER
      cells[at + facility] = code >> 3
      cells[at + facility + 1] = Cell.INTEGER
      let text = this.#severityTexts[severity] ?? -1
      if (text < 0) text = this.#severityTexts[severity] = batch.values.push(severityTexts[severity] ?? '') - 1
      cells[at + severityText] = text
      cells[at + severityText + 1] = Cell.VALUE
      text = this.#facilityTexts[code >> 3] ?? -1
      if (text < 0) text = this.#facilityTexts[code >> 3] = batch.values.push(facilityTexts[code >> 3] ?? '') - 1
      cells[at + facilityText] = text
      cells[at + facilityText + 1] = Cell.VALUE
    }

    const { protocol } = this.#options
    let body = -1
    if (protocol !== 'rfc3164' && code >= 0 && bytes[i] === 0x31 && bytes[i + 1] === space) {
      cells[at + version] = 1
      cells[at + version + 1] = Cell.INTEGER
      body = this.#readRfc5424(i + 2, to, batch, row)
    }
    if (body < 0 && protocol !== 'rfc5424') {
      body = this.#readRfc3164(i, to, batch, row, code >= 0)
    }
    const end = endOfLine(body < 0 ? i : body)
    const lineEnd = contentEnd(start, end)
    if (lineEnd === start) return end
    cells[at] = start
    cells[at + 1] = lineEnd
    batch.rowCount = row + 1
    if (body < 0) {
      batch.fail(row)
    } else {
      cells[at + 2] = body < lineEnd ? body : start
      cells[at + 3] = lineEnd
    }
    return end
  }

  /** Reads what stands after the version; returns the offset of the message, or -1. */
  #readRfc5424(from: number, to: number, batch: LogBatch, row: number): number {
    const { cells } = batch
    const at = row * batch.stride * 2
    let i = this.#readTime(from, to, batch, row)
    if (i < 0 || bytes[i] !== space) return -1
    const host = ++i
    while ((bytes[i] ?? 0) > space) i++
    if (bytes[i] !== space || i === host) return -1
    const app = i + 1
    i = app
    while ((bytes[i] ?? 0) > space) i++
    if (bytes[i] !== space || i === app) return -1
    const process = i + 1
    i = process
    while ((bytes[i] ?? 0) > space) i++
    if (bytes[i] !== space || i === process) return -1
    const message = i + 1
    i = message
    while ((bytes[i] ?? 0) > space) i++
    if (bytes[i] !== space || i === message) return -1
    const data = i + 1
    const dataEnd = endOfStructuredData(data)
    i = dataEnd
    if (i < 0 || (bytes[i] ?? 0) > space) return -1
    cells[at + hostname] = host
    cells[at + hostname + 1] = valueEnd(host, app - 1)
    cells[at + appname] = app
    cells[at + appname + 1] = valueEnd(app, process - 1)
    cells[at + processId] = process
    cells[at + processId + 1] = valueEnd(process, message - 1)
    cells[at + messageId] = message
    cells[at + messageId + 1] = valueEnd(message, data - 1)
    cells[at + structuredData] = data
    cells[at + structuredData + 1] = bytes[data] === minus ? Cell.ABSENT : dataEnd | Cell.STRUCTURED_DATA
    if (bytes[i] === space) i++
    return afterByteOrderMark(i)
  }

  /** The time of RFC 5424 or `-`; returns the offset after it, or -1. */
  #readTime(from: number, to: number, batch: LogBatch, row: number): number {
    if (bytes[from] === minus) {
      batch.time[row] = Number.NaN
      return from + 1
    }
    const known = this.#known
    if (
      words.getInt32(from + 15, true) === known[4] &&
      words.getInt32(from + 12, true) === known[3] &&
      words.getInt32(from + 8, true) === known[2] &&
      words.getInt32(from + 4, true) === known[1] &&
      words.getInt32(from, true) === known[0]
    ) {
      let at = from + 19
      let nanoseconds = 0
      if (bytes[at] === point) {
        let unit = 100_000_000
        for (at++; at < from + 29; at++) {
          const digit = (bytes[at] ?? 0) - zero
          if (digit < 0 || digit > 9) break
          nanoseconds += digit * unit
          unit = unit / 10
        }
      }
      if (bytes[at] === letterZ && at !== from + 20) {
        const ms = (nanoseconds / 1_000_000) | 0
        const remainder = nanoseconds - ms * 1_000_000
        batch.time[row] = this.#second + ms
        if (remainder !== 0) batch.remainders()[row] = remainder
        return at + 1
      }
    }
    const { time } = this.#options
    const ms = time.iso(bytes, from, to)
    if (Number.isNaN(ms)) return -1
    batch.time[row] = ms
    if (time.remainder !== 0) batch.remainders()[row] = time.remainder
    if (bytes[time.end - 1] === letterZ) {
      this.#second = Math.floor(ms / 1000) * 1000
      for (let word = 0; word < 4; word++) known[word] = words.getInt32(from + word * 4, true)
      known[4] = words.getInt32(from + 15, true)
    }
    return time.end
  }

  /** Reads what stands after the priority; returns the offset of the message, or -1. */
  #readRfc3164(from: number, to: number, batch: LogBatch, row: number, hasPriority: boolean): number {
    const { cells } = batch
    const at = row * batch.stride * 2
    for (let cell = hostname; cell < priority; cell += 2) cells[at + cell + 1] = Cell.ABSENT
    cells[at + version + 1] = cells[at + structuredData + 1] = Cell.ABSENT
    const { time } = this.#options
    let i = afterSequence(from)
    const ms = time.prefix(bytes, i, to)
    const after = bytes[time.end] ?? 0
    batch.time[row] = Number.NaN
    if (Number.isNaN(ms) || (after > space && after !== colon)) return hasPriority ? from : -1
    batch.time[row] = ms
    if (time.remainder !== 0 || batch.timeRemainder !== null) batch.remainders()[row] = time.remainder
    i = time.end
    if (bytes[i] === colon) i++
    if (bytes[i] === space) i++
    const host = i
    while ((bytes[i] ?? 0) > space && bytes[i] !== openBracket) i++
    let tag = host
    if (bytes[i] === space && bytes[i - 1] !== colon && i > host) {
      cells[at + hostname] = host
      cells[at + hostname + 1] = i
      tag = i + 1
    }
    i = tag
    while ((bytes[i] ?? 0) > space && bytes[i] !== openBracket && bytes[i] !== colon) i++
    const tagEnd = i
    if (bytes[i] === openBracket && i > tag) {
      const process = i + 1
      while ((bytes[i] ?? 0) > space && bytes[i] !== closeBracket) i++
      if (bytes[i] !== closeBracket) return tag
      cells[at + processId] = process
      cells[at + processId + 1] = i
      i++
    } else if (bytes[i] !== colon || i === tag) {
      return tag
    }
    cells[at + appname] = tag
    cells[at + appname + 1] = tagEnd
    if (bytes[i] === colon) i++
    if (bytes[i] === space) i++
    return afterByteOrderMark(i)
  }
}

/** The end of a value, `ABSENT` for `-`, which RFC 5424 writes for none. */
const valueEnd = (start: number, end: number): number =>
  end === start + 1 && bytes[start] === minus ? Cell.ABSENT : end

const afterByteOrderMark = (at: number): number =>
  bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? at + 3 : at

/** Cisco counts its messages before the time, and marks clocks that are not set: `29: *Mar  1 18:48:50.483`. */
function afterSequence(from: number): number {
  let at = from
  while ((bytes[at] ?? 0) >= zero && (bytes[at] ?? 0) <= nine) at++
  at = at > from && bytes[at] === colon && bytes[at + 1] === space ? at + 2 : from
  return bytes[at] === star || bytes[at] === point ? at + 1 : at
}

/** Offset after the structured data, or -1. */
function endOfStructuredData(from: number): number {
  if (bytes[from] === minus) return from + 1
  let at = from
  while (bytes[at] === openBracket) {
    let byte = bytes[++at] ?? 0
    while (byte !== closeBracket) {
      if (byte === quote) {
        do {
          if (byte === backslash) at++
          byte = bytes[++at] ?? 0
          if (byte === newline || bytes[at - 1] === newline) return -1
        } while (byte !== quote)
      } else if (byte === newline) {
        return -1
      }
      byte = bytes[++at] ?? 0
    }
    at++
  }
  return at === from ? -1 : at
}
