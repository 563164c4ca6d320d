import { Cell, Layout, type LogBatch } from '@weir/sdk'
import { closeBracket, colon, minus, nine, openBracket, space, zero } from './byte.ts'
import { isContinuation, isExceptionName, isPanic, isPythonFrame, lookedAt } from './continuation.ts'
import type { LineScanner } from './line-scanner.ts'
import { page, pageText } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'
import type { PageTime } from './page-time.ts'
import { SeverityWords } from './severity-words.ts'

const bytes = page
const tab = 9
const comma = 0x2c
const bar = 0x7c
/** Offsets into a row of cells. */
const threadName = 4
const logger = 6
const processId = 8
const severityText = 10

/** Words of a header between the time and the message. */
const maxWords = 6
const maxBracketed = 256
/** A row that none comes after. */
const none = -2

/**
 * Lines of applications: a time in any known form, then in any order a level, a thread in brackets, a process id and the
 * name of a logger, then the message. Lines that begin with a level and no time are understood too, and lines with
 * neither are messages; only what goes on with the record before it is refused.
 */
export class TextScanner implements LineScanner {
  readonly layout = Layout.of('thread.name', 'logger', 'process.pid')
  readonly #time: PageTime
  readonly #severities = new SeverityWords()
  /** The row at hand. */
  #at = 0
  #cells: Int32Array = new Int32Array(0)
  #severity = 0
  /** The row that was the last one of frames of Python; that was the headline of a panic of Rust. */
  #pythonRow = none
  #panicRow = none

  constructor(time: PageTime) {
    this.#time = time
    this.layout.addField('severityText')
  }

  scan(from: number, to: number, batch: LogBatch): number {
    let start = from
    this.#pythonRow = none
    this.#panicRow = none
    while (start < to && batch.rowCount < batch.capacity) {
      const end = endOfLine(start)
      const lineEnd = contentEnd(start, end)
      if (lineEnd > start) this.#readLine(start, lineEnd, batch)
      start = end + 1
    }
    return start
  }

  #readLine(start: number, end: number, batch: LogBatch): void {
    const time = this.#time
    const first = bytes[start] ?? 0
    const timeStart = first === openBracket ? start + 1 : start
    const isIndented = first === space || first === tab
    const row = batch.rowCount
    const hasTime = !isIndented && time.prefix(batch.time, row, timeStart, end)
    if (!hasTime && this.#isContinuation(row, start, end, isIndented)) {
      batch.fail(batch.addLine(start, end))
      return
    }
    batch.rowCount++
    const at = row * batch.stride * 2
    const { cells } = batch
    for (let cell = at + 5; cell < at + batch.stride * 2; cell += 2) cells[cell] = Cell.ABSENT
    this.#cells = cells
    this.#at = at
    this.#severity = 0
    const remainder = hasTime ? time.remainder : 0
    let i = hasTime ? time.end : start
    if (hasTime && bytes[i] === closeBracket) i++
    const body = this.#readHeader(i, end, hasTime)
    cells[at] = start
    cells[at + 1] = end
    cells[at + 2] = body < end ? body : start
    cells[at + 3] = end
    if (!hasTime) batch.time[row] = Number.NaN
    batch.severityNumber[row] = this.#severity
    if (remainder !== 0 || batch.timeRemainder !== null) batch.remainders()[row] = remainder
  }

  /**
   * Lines without a time are looked at as text, which is slow. The stage gives a record again from its beginning, so what
   * stands before a line of a trace is among the lines at hand.
   */
  #isContinuation(row: number, start: number, end: number, isIndented: boolean): boolean {
    const text = () => pageText(start, Math.min(end, start + lookedAt))
    const isBelowPython = this.#pythonRow === row - 1
    if (isIndented) {
      if (isBelowPython || isPythonFrame(text())) this.#pythonRow = row
      return true
    }
    const line = text()
    if (this.#panicRow === row - 1 || isContinuation(line) || (isBelowPython && isExceptionName(line))) return true
    if (isPanic(line)) this.#panicRow = row
    return false
  }

  /** Reads words of a header as long as there are some; returns where the message begins. */
  #readHeader(from: number, end: number, hasTime: boolean): number {
    let message = afterSeparators(from, end)
    for (let word = 0; word < maxWords && message < end; word++) {
      const next =
        bytes[message] === openBracket
          ? this.#readBracketed(message, end)
          : this.#readWord(message, end, hasTime || word > 0)
      if (next < 0) break
      message = afterSeparators(next, end)
    }
    return message
  }

  /** `[INFO]`, `[main]`: a level or a thread. Returns the offset after it, or -1 if it belongs to the message. */
  #readBracketed(from: number, end: number): number {
    let close = from + 1
    const limit = Math.min(end, from + maxBracketed)
    while (close < limit && bytes[close] !== closeBracket) close++
    if (bytes[close] !== closeBracket || close >= limit) return -1
    let inside = from + 1
    let insideEnd = close
    while (inside < insideEnd && bytes[inside] === space) inside++
    while (insideEnd > inside && bytes[insideEnd - 1] === space) insideEnd--
    if (this.#takeSeverity(inside, insideEnd)) return close + 1
    const cells = this.#cells
    const cell = this.#at + (isNumber(inside, insideEnd) ? processId : threadName)
    if (insideEnd === inside || (cells[cell + 1] !== Cell.ABSENT && !this.#isApplication(cell))) return -1
    this.#set(cell, inside, insideEnd)
    return close + 1
  }

  /** Whether what was taken for the thread names the application: Spring Boot writes `4711 --- [shop] [main] a.B : …`. */
  #isApplication(cell: number): boolean {
    const cells = this.#cells
    const at = this.#at
    return (
      cell === at + threadName && cells[at + processId + 1] !== Cell.ABSENT && cells[at + logger + 1] === Cell.ABSENT
    )
  }

  #readWord(from: number, end: number, isInside: boolean): number {
    let to = from
    while (to < end && (bytes[to] ?? 0) > space && bytes[to] !== openBracket) to++
    let wordEnd = to
    const hasColon = bytes[to - 1] === colon
    while (wordEnd > from && (bytes[wordEnd - 1] === colon || bytes[wordEnd - 1] === comma)) wordEnd--
    const isApart =
      hasColon ||
      bytes[to] === tab ||
      (bytes[to] === space && (isSeparator(bytes[to + 1]) || bytes[to + 1] === openBracket))
    if (wordEnd === from) return -1
    if ((isApart || isUpperCase(from, wordEnd)) && wordEnd - from > 2 && this.#takeSeverity(from, wordEnd)) return to
    if (!isInside || !isApart) return -1
    const cells = this.#cells
    if (isNumber(from, wordEnd)) {
      if (hasColon || cells[this.#at + processId + 1] !== Cell.ABSENT) return -1
      this.#set(this.#at + processId, from, wordEnd)
      return to
    }
    const isDelimited = bytes[to] === space && isSeparator(bytes[to + 1]) && bytes[to + 2] === space
    if (cells[this.#at + logger + 1] !== Cell.ABSENT || !(isDelimited || (hasColon && isQualified(from, wordEnd))))
      return -1
    this.#set(this.#at + logger, from, wordEnd)
    return to
  }

  #takeSeverity(from: number, to: number): boolean {
    if (this.#severity !== 0 || to - from > 13 || isNumber(from, to)) return false
    const severity = this.#severities.of(from, to)
    if (severity === 0) return false
    this.#severity = severity
    this.#set(this.#at + severityText, from, to)
    return true
  }

  #set(cell: number, from: number, to: number): void {
    this.#cells[cell] = from
    this.#cells[cell + 1] = cell - this.#at === processId && to - from < 10 ? to | Cell.NUMBER : to
  }
}

const isSeparator = (byte = 0): boolean => byte === minus || byte === bar || byte === colon || byte === space

/** Offset after spaces and separators that stand alone: ` - `, ` | `, ` : `, ` --- `. */
function afterSeparators(from: number, end: number): number {
  let at = from
  for (;;) {
    while (at < end && (bytes[at] === space || bytes[at] === tab)) at++
    let after = at
    while (after < end && (bytes[after] === minus || bytes[after] === bar || bytes[after] === colon)) after++
    if (after === at || (after < end && bytes[after] !== space && at !== from)) return at
    at = after
  }
}

function isNumber(from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (byte < zero || byte > nine) return false
  }
  return to > from
}

function isUpperCase(from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (byte < 0x41 || byte > 0x5a) return false
  }
  return true
}

/** Whether it looks like the name of a class or a module: `a.b.C`, `a::b`, `a/b`. */
function isQualified(from: number, to: number): boolean {
  let isIn = false
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    const isLetter = ((byte | 32) >= 0x61 && (byte | 32) <= 0x7a) || (byte >= zero && byte <= nine)
    const isJoint = byte === 0x2e || byte === colon || byte === 0x2f || byte === 0x24
    if (!isLetter && !isJoint && byte !== 0x5f && byte !== minus) return false
    isIn ||= isJoint
  }
  return isIn
}
