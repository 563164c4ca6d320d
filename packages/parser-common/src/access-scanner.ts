import { Cell, Layout, type LogBatch, Record, Severity, type TimestampReader } from '@weir/sdk'
import {
  backslash,
  carriageReturn,
  closeBracket,
  lowestByte,
  minus,
  newline,
  nine,
  openBracket,
  questionMark,
  quote,
  quotesIn,
  slash,
  space,
  zero,
} from './byte.ts'
import type { ReadLine } from './error-scanner.ts'
import type { LineScanner } from './line-scanner.ts'
import { kernels, page, pageWords } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'
import { requestAttributes, setRequestOf } from './request-line.ts'

const bytes = page
const words = pageWords

const layoutNames = [
  'client.address',
  'user.name',
  ...requestAttributes,
  'http.response.status_code',
  'http.response.body.size',
  'http.request.header.referer',
  'user_agent.original',
  'http.request.header.x-forwarded-for',
]
/** Slots in the order of `layoutNames`, as offsets into a row of cells. */
const [address, user, method, path, query, original, version, status, size, referer, agent, forwarded] = [
  4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26,
] as const
const cellsOfRow = 28

const http = 0x50545448
/** A word that no UTF-8 has. */
const nothing = -1

export interface AccessOptions {
  format: 'common' | 'combined' | 'either'
  time: TimestampReader
  /** Reads what is no access line; `false` if it cannot either. */
  other?: ReadLine | undefined
  /** `false` does without WebAssembly; the records are the same. */
  kernel?: boolean
}

const formatCodes = { either: 0, combined: 1, common: 2 } as const

/**
 * Access logs of nginx, Apache and those that write like them: Common Log Format, `combined`, and nginx's `main` with
 * its forwarded addresses. What follows the fields that are known is left to the body.
 */
export class AccessScanner implements LineScanner {
  readonly layout = Layout.of(...layoutNames)
  readonly #options: AccessOptions
  /** The time that was read last with the bracket and the space after it: 28 bytes, as words. */
  readonly #known = new Int32Array(7).fill(nothing)
  #time = Number.NaN
  #remainder = 0

  constructor(options: AccessOptions) {
    this.#options = options
  }

  scan(from: number, to: number, batch: LogBatch): number {
    const { format, kernel = true } = this.#options
    if (kernels === undefined || !kernel) return this.#scan(from, to, batch)
    let at = from
    while (at < to && !batch.isFull) {
      at = kernels.access(at, to, batch, formatCodes[format])
      // A line that is not of the plain form, if the batch has not just become full.
      if (at < to && !batch.isFull) at = this.#scan(at, endOfLine(at) + 1, batch)
    }
    return at
  }

  #scan(from: number, to: number, batch: LogBatch): number {
    const known = this.#known
    const { format } = this.#options
    const { capacity, time, severityNumber } = batch
    let { cells } = batch
    let width = batch.stride * 2
    let row = batch.rowCount
    let start = from
    while (start < to && row < capacity) {
      const at = row * width
      let i = start
      // biome-ignore lint/suspicious/noConfusingLabels: a call a line, which its own function would be, costs a tenth of the speed
      line: {
        while ((bytes[i] ?? 0) > space) i++
        if (bytes[i] !== space) {
          if (i > start || !isLineEnd(i)) break line
          start = bytes[i] === newline ? i + 1 : i + 2
          continue
        }
        const addressEnd = i
        i++
        if (bytes[i] === minus && bytes[i + 1] === space) {
          i += 2
        } else {
          while ((bytes[i] ?? 0) > space) i++
          if (bytes[i] !== space) break line
          i++
        }
        const userStart = i
        while ((bytes[i] ?? 0) > space) i++
        while (bytes[i] === space && bytes[i + 1] !== openBracket) {
          i++
          while ((bytes[i] ?? 0) > space) i++
        }
        const userEnd = i
        if (bytes[i] !== space || addressEnd === start || userEnd === userStart) break line
        i += 2

        if (
          words.getInt32(i + 16, true) === known[4] &&
          words.getInt32(i + 12, true) === known[3] &&
          words.getInt32(i, true) === known[0] &&
          words.getInt32(i + 4, true) === known[1] &&
          words.getInt32(i + 8, true) === known[2] &&
          words.getInt32(i + 20, true) === known[5] &&
          words.getInt32(i + 24, true) === known[6]
        ) {
          time[row] = this.#time
          i += 28
        } else {
          i = this.#readTime(i, to)
          if (i < 0) {
            i = userEnd
            break line
          }
          time[row] = this.#time
        }
        if (this.#remainder !== 0 || batch.timeRemainder !== null) batch.remainders()[row] = this.#remainder

        if (bytes[i] !== quote) break line
        i++
        const requestStart = i
        let byte = bytes[i] ?? 0
        while (byte >= 0x41 && byte <= 0x5a) byte = bytes[++i] ?? 0
        const methodEnd = i
        let pathEnd = 0
        let queryEnd = 0
        let isPlain = false
        if (byte === space && i > requestStart && bytes[i + 1] === slash) {
          i += 2
          byte = bytes[i] ?? 0
          while (byte > questionMark || (byte > space && byte < questionMark && byte !== quote)) byte = bytes[++i] ?? 0
          pathEnd = queryEnd = i
          if (byte === questionMark) {
            do byte = bytes[++i] ?? 0
            while (byte > quote || byte === 0x21)
            queryEnd = i
          }
          isPlain = byte === space && words.getInt32(i + 1, true) === http && isVersion(i + 5)
        }
        const versionStart = i + 6
        const requestEnd = isPlain ? i + 9 : endOfQuoted(requestStart)
        if (requestEnd < 0) break line
        i = requestEnd

        const hundreds = (bytes[i + 2] ?? 0) - zero
        const tens = (bytes[i + 3] ?? 0) - zero
        const ones = (bytes[i + 4] ?? 0) - zero
        if (bytes[i + 1] !== space || hundreds >>> 0 > 9 || tens >>> 0 > 9 || ones >>> 0 > 9) break line
        if (bytes[i + 5] !== space) break line
        const code = hundreds * 100 + tens * 10 + ones
        i += 6
        const sizeStart = i
        let length = 0
        byte = bytes[i] ?? 0
        if (byte === minus) {
          byte = bytes[++i] ?? 0
        } else {
          while (byte >= zero && byte <= nine) {
            length = length * 10 + byte - zero
            byte = bytes[++i] ?? 0
          }
          if (i === sizeStart) break line
        }
        const sizeEnd = i
        if (byte > space) break line

        let refererEnd = -1
        let agentEnd = -1
        let forwardedEnd = -1
        if (byte === space && bytes[i + 1] === quote && format !== 'common') {
          refererEnd = endOfQuoted(i + 2)
          if (refererEnd < 0 || bytes[refererEnd + 1] !== space || bytes[refererEnd + 2] !== quote) break line
          agentEnd = endOfQuoted(refererEnd + 3)
          if (agentEnd < 0) break line
          i = agentEnd
          byte = bytes[++i] ?? 0
          if (byte > space) break line
          if (byte === space && bytes[i + 1] === quote) {
            forwardedEnd = endOfQuoted(i + 2)
          }
        } else if (format === 'combined') {
          break line
        }
        if (byte !== newline) i = endOfLine(i)

        const end = contentEnd(start, i)
        cells[at] = start
        cells[at + 1] = end
        cells[at + 2] = start
        cells[at + 3] = end
        cells[at + address] = start
        cells[at + address + 1] = valueEnd(start, addressEnd)
        cells[at + user] = userStart
        cells[at + user + 1] = valueEnd(userStart, userEnd)
        cells[at + method] = requestStart
        cells[at + method + 1] = isPlain ? methodEnd : Cell.ABSENT
        cells[at + path] = methodEnd + 1
        cells[at + path + 1] = isPlain ? pathEnd : Cell.ABSENT
        cells[at + query] = pathEnd + 1
        cells[at + query + 1] = isPlain && queryEnd > pathEnd ? queryEnd : Cell.ABSENT
        cells[at + original + 1] = Cell.ABSENT
        cells[at + version] = versionStart
        cells[at + version + 1] = isPlain ? shortVersionEnd(versionStart) : Cell.ABSENT
        cells[at + status] = code
        cells[at + status + 1] = Cell.INTEGER
        if (sizeEnd - sizeStart < 10) {
          cells[at + size] = length
          cells[at + size + 1] = bytes[sizeStart] === minus ? Cell.ABSENT : Cell.INTEGER
        } else {
          cells[at + size] = sizeStart
          cells[at + size + 1] = sizeEnd | Cell.NUMBER
        }
        cells[at + referer] = sizeEnd + 2
        cells[at + referer + 1] = valueEnd(sizeEnd + 2, refererEnd)
        cells[at + agent] = refererEnd + 3
        cells[at + agent + 1] = valueEnd(refererEnd + 3, agentEnd)
        cells[at + forwarded] = agentEnd + 3
        cells[at + forwarded + 1] = valueEnd(agentEnd + 3, forwardedEnd)
        for (let cell = cellsOfRow + 1; cell < width; cell += 2) cells[at + cell] = Cell.ABSENT
        severityNumber[row] = code >= 500 ? Severity.ERROR : code >= 400 ? Severity.WARN : Severity.INFO
        row++
        if (!isPlain) {
          batch.rowCount = row
          setRequestOf(new Record(batch).at(row - 1), requestStart, requestEnd)
        }
        start = i + 1
        continue
      }
      i = endOfLine(i)
      batch.rowCount = row
      this.#other(start, contentEnd(start, i), batch)
      row = batch.rowCount
      cells = batch.cells
      width = batch.stride * 2
      start = i + 1
    }
    batch.rowCount = row
    return start
  }

  /** Reads a time, its bracket and the space after it; returns the offset after them, or -1. */
  #readTime(from: number, to: number): number {
    const { time } = this.#options
    const ms = time.prefix(bytes, from, to)
    const { end } = time
    if (Number.isNaN(ms) || bytes[end] !== closeBracket || bytes[end + 1] !== space) return -1
    this.#time = ms
    this.#remainder = time.remainder
    const isKnown = end + 2 === from + 28
    for (let word = 0; word < 7; word++) this.#known[word] = isKnown ? words.getInt32(from + word * 4, true) : nothing
    return end + 2
  }

  #other(start: number, end: number, batch: LogBatch): void {
    const row = batch.addLine(start, end)
    const { other } = this.#options
    if (other === undefined || !other(start, end, new Record(batch).at(row))) batch.fail(row)
  }
}

const isLineEnd = (at: number): boolean =>
  bytes[at] === newline || (bytes[at] === carriageReturn && bytes[at + 1] === newline)

/** Whether `/1.1"` stands there. */
const isVersion = (at: number): boolean =>
  bytes[at] === slash &&
  isDigit(bytes[at + 1]) &&
  bytes[at + 2] === 0x2e &&
  isDigit(bytes[at + 3]) &&
  bytes[at + 4] === quote

const isDigit = (byte = 0): boolean => byte >= zero && byte <= nine

/** OTel has `2` where servers write `2.0`. */
const shortVersionEnd = (start: number): number =>
  bytes[start + 2] === zero && (bytes[start] ?? 0) > 0x31 ? start + 1 : start + 3

/** The end of a value, `ABSENT` if it is `-` or nothing. */
const valueEnd = (start: number, end: number): number =>
  end <= start || (end === start + 1 && bytes[start] === minus) ? Cell.ABSENT : end

/** Offset of the quote that closes what begins at `from`, or -1 if the line ends before it. A word at a time: referer and user agent are half of a line and more. */
function endOfQuoted(from: number): number {
  let at = from
  for (;;) {
    const marks = quotesIn(words.getInt32(at, true))
    if (marks === 0) {
      at += 4
      continue
    }
    at += lowestByte(marks)
    const byte = bytes[at]
    if (byte === newline) return -1
    if (byte === quote && (bytes[at - 1] !== backslash || !isEscaped(at))) return at
    at++
  }
}

/** Whether an odd number of backslashes stands before: Apache writes `\"`. */
function isEscaped(at: number): boolean {
  let before = at
  while (bytes[before - 1] === backslash) before--
  return (at - before) % 2 === 1
}
