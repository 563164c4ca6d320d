import { Cell, Layout, type LogBatch, Severity } from '@weir/sdk'
import {
  backslash,
  closeBracket,
  controlsIn,
  lowestByte,
  minus,
  newline,
  openBracket,
  quote,
  space,
  zero,
} from './byte.ts'
import type { LineScanner } from './line-scanner.ts'
import { kernels, page, pageWords } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'
import { type PageTime, readAgain, remainderOfAgain } from './page-time.ts'
import { appname, hostname, processId, Rfc3164Reader } from './syslog-rfc3164.ts'

const bytes = page
const words = pageWords
const againRemainder = remainderOfAgain

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
const messageId = 10
const priority = 12
const facility = 14
const facilityText = 16
const version = 18
const structuredData = 20
const severityText = 22
const cellsOfRow = 24

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

const one = 0x31
const less = 0x3c
const greater = 0x3e

export interface SyslogOptions {
  protocol: 'auto' | 'rfc3164' | 'rfc5424'
  time: PageTime
  /** `false` does without WebAssembly; the records are the same. */
  kernel?: boolean
}

/**
 * Syslog messages, one a line: RFC 5424 as it is written, RFC 3164 as it is used: without a priority, with times of RFC
 * 3339, with or without a host name, a byte order mark or spaces where there should be none.
 */
export class SyslogScanner implements LineScanner {
  readonly layout = Layout.of(...layoutNames)
  readonly #options: SyslogOptions
  readonly #rfc3164: Rfc3164Reader
  /** Indices of the texts among the values of the batch at hand. */
  readonly #severityTexts = new Int32Array(8)
  readonly #facilityTexts = new Int32Array(24)

  constructor(options: SyslogOptions) {
    this.#options = options
    this.#rfc3164 = new Rfc3164Reader(options.time)
    this.layout.addField('severityText')
  }

  scan(from: number, to: number, batch: LogBatch): number {
    const { protocol, kernel = true } = this.#options
    if (kernels === undefined || !kernel || protocol === 'rfc3164') {
      this.#severityTexts.fill(-1)
      this.#facilityTexts.fill(-1)
      return this.#scan(from, to, batch)
    }
    const texts = batch.values.length
    for (const [index, text] of severityTexts.entries()) this.#severityTexts[index] = batch.values.push(text) - 1
    for (const [index, text] of facilityTexts.entries()) this.#facilityTexts[index] = batch.values.push(text) - 1
    let at = from
    while (at < to && !batch.isFull) {
      at = kernels.syslog(at, to, batch, texts)
      // A line that is not of the plain form, if the batch has not just become full.
      if (at < to && !batch.isFull) at = this.#scan(at, endOfLine(at) + 1, batch)
    }
    return at
  }

  #scan(from: number, to: number, batch: LogBatch): number {
    const severityTextAt = this.#severityTexts
    const facilityTextAt = this.#facilityTexts
    const pageTime = this.#options.time
    const isRfc3164 = this.#options.protocol === 'rfc3164'
    const { capacity, cells, time, severityNumber } = batch
    const width = batch.stride * 2
    let remainders = batch.timeRemainder
    let row = batch.rowCount
    let start = from
    while (start < to && row < capacity) {
      const at = row * width
      let i = start
      let code = -1
      // biome-ignore lint/suspicious/noConfusingLabels: a call a line, which its own function would be, halves the speed
      line: {
        if (bytes[i] === 0xef && bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf) i += 3
        if (bytes[i] !== less) break line
        let value = (bytes[i + 1] ?? 0) - zero
        if (value < 0 || value > 9) break line
        i += 2
        let digit = (bytes[i] ?? 0) - zero
        if (digit >= 0 && digit <= 9) {
          value = value * 10 + digit
          digit = (bytes[++i] ?? 0) - zero
          if (digit >= 0 && digit <= 9) {
            value = value * 10 + digit
            i++
          }
        }
        if (bytes[i] !== greater || value > 191) {
          i = start
          break line
        }
        i++
        code = value
        if (bytes[i] !== one || bytes[i + 1] !== space || isRfc3164) break line

        const timeStart = i + 2
        if (bytes[timeStart] === minus) {
          time[row] = Number.NaN
          if (remainders !== null) remainders[row] = 0
          i = timeStart + 1
        } else {
          i = readAgain(time, row, timeStart)
          let remainder = againRemainder[0] ?? 0
          if (i === 0) {
            i = timeStart
            if (!pageTime.iso(time, row, timeStart, to)) break line
            i = pageTime.end
            remainder = pageTime.remainder
          }
          if (remainder !== 0 || remainders !== null) {
            remainders ??= batch.remainders()
            remainders[row] = remainder
          }
        }
        if (bytes[i] !== space) break line
        const hostStart = ++i
        while ((bytes[i] ?? 0) > space) i++
        const appStart = i + 1
        if (bytes[i] !== space || i === hostStart) break line
        i = appStart
        while ((bytes[i] ?? 0) > space) i++
        const processStart = i + 1
        if (bytes[i] !== space || i === appStart) break line
        i = processStart
        while ((bytes[i] ?? 0) > space) i++
        const messageIdStart = i + 1
        if (bytes[i] !== space || i === processStart) break line
        i = messageIdStart
        while ((bytes[i] ?? 0) > space) i++
        const dataStart = i + 1
        if (bytes[i] !== space || i === messageIdStart) break line
        i = dataStart
        const hasData = bytes[i] === openBracket
        if (hasData) {
          do {
            let isQuoted = false
            do {
              const byte = bytes[++i] ?? 0
              if (byte > closeBracket) continue
              if (byte === quote) isQuoted = !isQuoted
              else if (byte === backslash && isQuoted && bytes[i + 1] !== newline) i++
              else if (byte === newline) break line
            } while (isQuoted || bytes[i] !== closeBracket)
            i++
          } while (bytes[i] === openBracket)
        } else if (bytes[i] === minus) {
          i++
        } else {
          break line
        }
        if ((bytes[i] ?? 0) > space) break line
        const dataEnd = i
        if (bytes[i] === space) i++
        if (bytes[i] === 0xef && bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf) i += 3
        const body = i
        for (;;) {
          const marks = controlsIn(words.getInt32(i, true))
          if (marks === 0) {
            i += 4
            continue
          }
          i += lowestByte(marks)
          if (bytes[i] === newline) break
          i++
        }
        const lineEnd = contentEnd(start, i)
        cells[at] = start
        cells[at + 1] = lineEnd
        cells[at + 2] = body < lineEnd ? body : start
        cells[at + 3] = lineEnd
        cells[at + hostname] = hostStart
        cells[at + hostname + 1] = valueEnd(hostStart, appStart - 1)
        cells[at + appname] = appStart
        cells[at + appname + 1] = valueEnd(appStart, processStart - 1)
        cells[at + processId] = processStart
        cells[at + processId + 1] = valueEnd(processStart, messageIdStart - 1)
        cells[at + messageId] = messageIdStart
        cells[at + messageId + 1] = valueEnd(messageIdStart, dataStart - 1)
        cells[at + version] = 1
        cells[at + version + 1] = Cell.INTEGER
        cells[at + structuredData] = dataStart
        cells[at + structuredData + 1] = hasData ? dataEnd | Cell.STRUCTURED_DATA : Cell.ABSENT
        cells[at + priority] = code
        cells[at + priority + 1] = Cell.INTEGER
        cells[at + facility] = code >> 3
        cells[at + facility + 1] = Cell.INTEGER
        let text = severityTextAt[code & 7] ?? -1
        if (text < 0) text = this.#severityText(batch, code & 7)
        cells[at + severityText] = text
        cells[at + severityText + 1] = Cell.VALUE
        text = facilityTextAt[code >> 3] ?? -1
        if (text < 0) text = this.#facilityText(batch, code >> 3)
        cells[at + facilityText] = text
        cells[at + facilityText + 1] = Cell.VALUE
        for (let cell = cellsOfRow + 1; cell < width; cell += 2) cells[at + cell] = Cell.ABSENT
        severityNumber[row] = severities[code & 7] ?? 0
        row++
        start = i + 1
        continue
      }
      batch.rowCount = row
      const end = this.#readOther(start, i, code, to, batch)
      remainders = batch.timeRemainder
      row = batch.rowCount
      start = end + 1
    }
    batch.rowCount = row
    return start
  }

  /** Adds a row for a line that is not of RFC 5424; returns the offset of its newline. */
  #readOther(start: number, from: number, code: number, to: number, batch: LogBatch): number {
    const end = endOfLine(start)
    const lineEnd = contentEnd(start, end)
    if (lineEnd === start) return end
    const row = batch.addLine(start, lineEnd)
    if (this.#options.protocol === 'rfc5424') {
      batch.fail(row)
      return end
    }
    const hasPriority = code >= 0
    let header = from
    if (hasPriority) {
      const at = row * batch.stride * 2
      header = start
      while (bytes[header] !== greater) header++
      header++
      while (bytes[header] === space) header++
      batch.severityNumber[row] = severities[code & 7] ?? 0
      const { cells } = batch
      cells[at + priority] = code
      cells[at + priority + 1] = Cell.INTEGER
      cells[at + facility] = code >> 3
      cells[at + facility + 1] = Cell.INTEGER
      cells[at + severityText] = this.#severityText(batch, code & 7)
      cells[at + severityText + 1] = Cell.VALUE
      cells[at + facilityText] = this.#facilityText(batch, code >> 3)
      cells[at + facilityText + 1] = Cell.VALUE
    }
    const body = this.#rfc3164.read(header, to, batch, row, hasPriority)
    if (body < 0) batch.fail(row)
    else if (body < lineEnd) batch.cells[row * batch.stride * 2 + 2] = body
    return end
  }

  /** Index of the text among the values of the batch at hand. */
  #severityText(batch: LogBatch, severity: number): number {
    const known = this.#severityTexts[severity] ?? -1
    if (known >= 0) return known
    const index = batch.values.push(severityTexts[severity] ?? '') - 1
    this.#severityTexts[severity] = index
    return index
  }

  #facilityText(batch: LogBatch, code: number): number {
    const known = this.#facilityTexts[code] ?? -1
    if (known >= 0) return known
    const index = batch.values.push(facilityTexts[code] ?? '') - 1
    this.#facilityTexts[code] = index
    return index
  }
}

/** The end of a value, `ABSENT` for `-`, which RFC 5424 writes for none. */
const valueEnd = (start: number, end: number): number =>
  end === start + 1 && bytes[start] === minus ? Cell.ABSENT : end
