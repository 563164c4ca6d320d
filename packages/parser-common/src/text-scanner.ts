import { Cell, Layout, type LogBatch, Severity } from '@weir/sdk'
import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  minus,
  nine,
  openBrace,
  openBracket,
  slash,
  space,
  zero,
} from './byte.ts'
import { afterColours, afterReset, escapeCode, isHeaderCode } from './colours.ts'
import { isContinuation, isExceptionName, isPanic, isPythonFrame, lookedAt } from './continuation.ts'
import {
  afterClock,
  afterLetters,
  afterName,
  afterSpaces,
  isKlogLetter,
  isPhp,
  isRedisRole,
  wordEnd,
} from './header-words.ts'
import type { LineScanner } from './line-scanner.ts'
import { page, pageText } from './page.ts'
import { afterDigits } from './page-field.ts'
import { contentEnd, endOfLine } from './page-line.ts'
import type { PageTime } from './page-time.ts'
import { SeverityWords } from './severity-words.ts'

const bytes = page
const tab = 9
const bar = 0x7c
const less = 0x3c
const greater = 0x3e
const hash = 0x23
const letterP = 0x50
const letterT = 0x74
/** Offsets into a row of cells. */
const threadName = 4
const logger = 6
const processId = 8
const severityText = 10

/** Words of a header between the time and the message. */
const maxWords = 6
/** Characters of what stands in brackets. */
const maxBracketed = 256
/** A row that none comes after. */
const none = -2
/** Who writes something before the time. */
const klog = 1
const ruby = 2
const redis = 3

/** By the character between the time and the message: debug, verbose, notice, warning. */
const redisSeverities = new Map<number, number>([
  [0x2e, Severity.DEBUG],
  [minus, Severity.INFO],
  [0x2a, Severity.INFO2],
  [hash, Severity.WARN],
])

/**
 * Lines of applications: a time in any known form, then in any order a level, a thread in brackets, a process id and the
 * name of a logger, then the message. Lines that begin with a level and no time are understood too, and lines with
 * neither are messages; only what goes on with the record before it is refused. Some write things in an order of their
 * own: klog, Ruby's and Python's loggers, PHP, Laravel, Celery, ClickHouse, Redis.
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
    const begin = bytes[start] === escapeCode ? afterColours(start) : start
    const first = bytes[begin] ?? 0
    const timeStart = first === openBracket ? begin + 1 : begin
    const isIndented = begin === start && (first === space || first === tab)
    const row = batch.rowCount
    const isTimeFirst = !isIndented && time.prefix(batch.time, row, timeStart, end)
    // A small letter begins the message of most lines without a time, and nothing else.
    const isWord = first >= 0x61 && first <= 0x7a && begin === start
    const who = isTimeFirst || isIndented || isWord ? none : this.#whoseTime(batch, begin, end)
    const hasTime = isTimeFirst || who !== none
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
    const timeEnd = time.end
    let body: number
    if (isWord) body = this.#readHeader(isTimeFirst ? timeEnd : start, end, isTimeFirst)
    else if (!isTimeFirst) body = this.#readOther(who, start, begin, end)
    else if (bytes[timeEnd] === closeBracket) body = this.#readHeader(timeEnd + 1, end, true)
    else body = this.#readHeader(first === openBracket ? this.#afterTime(timeEnd, end) : timeEnd, end, true)
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
    const line = pageText(start, Math.min(end, start + lookedAt))
    const isBelowPython = this.#pythonRow === row - 1
    if (isIndented) {
      if (isBelowPython || isPythonFrame(line)) this.#pythonRow = row
      return true
    }
    if (this.#panicRow === row - 1 || isContinuation(line) || (isBelowPython && isExceptionName(line))) return true
    if (bytes[start] === letterT && isPanic(line)) this.#panicRow = row
    return false
  }

  /** Reads a line that does not begin with a time, up to the message. */
  #readOther(who: number, start: number, begin: number, end: number): number {
    const timeEnd = this.#time.end
    if (who === klog) return this.#readKlog(begin, timeEnd, end)
    if (who === redis) return this.#readRedis(begin, timeEnd, end)
    return who === ruby ? this.#readRuby(timeEnd, end) : this.#readUntimed(start, begin, end)
  }

  /** Reads a time that stands behind something else: of klog, `E1124 …`, Ruby's logger, `E, [2026-…`, Redis, `1:M 24 Nov …`. */
  #whoseTime(batch: LogBatch, begin: number, end: number): number {
    const second = bytes[begin + 1] ?? 0
    let who = none
    let at = begin + 1
    if (second === comma && bytes[begin + 2] === space && bytes[begin + 3] === openBracket) {
      who = ruby
      at = begin + 4
    } else if (second >= zero && second <= nine && isKlogLetter(bytes[begin] ?? 0)) {
      who = klog
    } else if (isRedisRole(afterDigits(begin), begin)) {
      who = redis
      at = afterDigits(begin) + 3
    }
    return who !== none && this.#time.prefix(batch.time, batch.rowCount, at, end) ? who : none
  }

  /** ` * message`, after the time. */
  #readRedis(begin: number, timeEnd: number, end: number): number {
    this.#set(this.#at + processId, begin, afterDigits(begin))
    if (bytes[timeEnd] !== space || bytes[timeEnd + 2] !== space) return afterSpaces(timeEnd, end)
    this.#severity = redisSeverities.get(bytes[timeEnd + 1] ?? 0) ?? 0
    return this.#severity === 0 ? timeEnd + 1 : timeEnd + 3
  }

  /** `   1234 file.go:12] message`, after the time. */
  #readKlog(begin: number, timeEnd: number, end: number): number {
    this.#takeSeverity(begin, begin + 1)
    let at = timeEnd
    while (bytes[at] === space) at++
    const idEnd = wordEnd(at, end)
    if (isNumber(at, idEnd)) {
      this.#set(this.#at + processId, at, idEnd)
      at = idEnd
      while (bytes[at] === space) at++
    }
    const close = closing(closeBracket, at, end)
    if (close < 0 || wordEnd(at, end) !== close + 1) return at
    if (close > at) this.#set(this.#at + logger, at, close)
    return afterSpaces(close + 1, end)
  }

  /** ` #1234] ERROR -- prog: message`, after the time. */
  #readRuby(timeEnd: number, end: number): number {
    const message = this.#readHeader(this.#afterTime(timeEnd, end), end, true)
    return bytes[message - 2] === minus ? this.#readLogger(message, end) : message
  }

  /** A line without a date: it may begin with a level, or with the time of day. */
  #readUntimed(start: number, begin: number, end: number): number {
    const python = this.#readPython(begin, end)
    if (python > 0) return python
    const isOpen = bytes[begin] === openBracket
    let clock = afterClock(isOpen ? begin + 1 : begin)
    if (isOpen) clock = clock > begin + 1 ? this.#afterTime(clock, end) : begin
    const message = this.#readHeader(clock, end, clock > begin)
    // What is not understood stays in the message.
    return clock > start && this.#severity === 0 && message === afterSeparators(clock, end) ? start : message
  }

  /** `ERROR:root:message`, as Python writes it that is not told otherwise; -1 if it is something else. */
  #readPython(from: number, end: number): number {
    let at = from
    while (at < end && (bytes[at] ?? 0) >= 0x41 && (bytes[at] ?? 0) <= 0x5a) at++
    if (at - from < 4 || bytes[at] !== colon || (bytes[at + 1] ?? 0) <= space) return -1
    if (!this.#takeSeverity(from, at)) return -1
    const name = at + 1
    const nameEnd = afterName(name, end)
    if (nameEnd === name || bytes[nameEnd] !== colon || bytes[nameEnd + 1] === slash) return name
    this.#set(this.#at + logger, name, nameEnd)
    return nameEnd + 1
  }

  /** What stands in one bracket with the time: `ERROR/MainProcess]`, `ERROR shop]`, `#1234]`, `Europe/Berlin]`. */
  #afterTime(timeEnd: number, end: number): number {
    const close = closing(closeBracket, timeEnd, end)
    if (close <= timeEnd) return close < 0 ? timeEnd : close + 1
    let from = timeEnd
    while (bytes[from] === space || bytes[from] === colon) from++
    if (bytes[from] === hash && isNumber(from + 1, close)) {
      this.#set(this.#at + processId, from + 1, close)
      return close + 1
    }
    const to = afterLetters(from)
    if (
      bytes[timeEnd] === space &&
      bytes[to] === slash &&
      isQualified(from, close) &&
      this.#severities.of(from, to) === 0
    )
      return close + 1
    if ((bytes[to] !== slash && bytes[to] !== space && to !== close) || !this.#takeSeverity(from, to)) return timeEnd
    const rest = afterSpaces(bytes[to] === slash ? to + 1 : to, close)
    if (rest < close) this.#set(this.#at + (bytes[to] === slash ? threadName : logger), rest, close)
    return close + 1
  }

  /** Reads words of a header as long as there are some; returns where the message begins. */
  #readHeader(from: number, end: number, hasTime: boolean): number {
    let message = afterSeparators(from, end)
    for (let word = 0; word < maxWords && message < end; word++) {
      const at = bytes[message] === escapeCode ? afterColours(message) : message
      const first = bytes[at]
      let next: number
      if (first === openBracket) next = this.#readBracketed(at, end)
      else if (first === less || first === openBrace) next = this.#readAngled(at, end)
      else next = this.#readWord(at, end, hasTime || word > 0)
      if (next < 0) break
      message = afterSeparators(next, end)
    }
    return message
  }

  /**
   * `<Error> Logger: message`, `{id} <Error> Logger: message`: ClickHouse names the query before the level. Returns -1 if
   * it belongs to the message, as an id does that is there.
   */
  #readAngled(from: number, end: number): number {
    const brace = bytes[from] === openBrace ? closing(closeBrace, from, end) : none
    const open = brace === none ? from : brace + 2
    if (brace === -1 || bytes[open] !== less) return -1
    const close = closing(greater, open, Math.min(end, open + 16))
    if (close < 0 || bytes[close + 1] !== space || !this.#takeSeverity(open + 1, close)) return -1
    const message = this.#readLogger(afterSpaces(close + 1, end), end)
    return brace > from + 1 ? -1 : message
  }

  /** `name: ` is the logger; returns the offset after it. */
  #readLogger(from: number, end: number): number {
    const to = afterName(from, end)
    if (to === from || bytes[to] !== colon || bytes[to + 1] !== space) return from
    if (this.#cells[this.#at + logger + 1] === Cell.ABSENT) this.#set(this.#at + logger, from, to)
    return afterSpaces(to + 1, end)
  }

  /** `[INFO]`, `[main]`: a level or a thread. Returns the offset after it, or -1 if it belongs to the message. */
  #readBracketed(from: number, end: number): number {
    const close = closing(closeBracket, from + 1, end)
    if (close < 0) return -1
    let inside = from + 1
    let insideEnd = close
    if (bytes[inside] === escapeCode) {
      inside = afterColours(inside)
      insideEnd = wordEnd(inside, close)
    }
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
    let nameEnd = to
    const hasColon = bytes[to - 1] === colon
    while (nameEnd > from && (bytes[nameEnd - 1] === colon || bytes[nameEnd - 1] === comma)) nameEnd--
    const isApart =
      hasColon ||
      (bytes[to] === escapeCode && isHeaderCode(to)) ||
      bytes[to] === tab ||
      (bytes[to] === space && (isSeparator(bytes[to + 1]) || bytes[to + 1] === openBracket))
    if (nameEnd === from) return -1
    if ((isApart || isUpperCase(from, nameEnd)) && nameEnd - from > 2 && this.#takeSeverity(from, nameEnd)) return to
    if (bytes[from] === letterP && isPhp(from, nameEnd)) return this.#readPhp(to, end)
    if (!isInside || !isApart) return -1
    const cells = this.#cells
    if (isNumber(from, nameEnd)) {
      if (hasColon || cells[this.#at + processId + 1] !== Cell.ABSENT) return -1
      this.#set(this.#at + processId, from, nameEnd)
      return to
    }
    if (hasColon && this.#severity === 0 && this.#readChannel(from, nameEnd)) return to
    const isDelimited = bytes[to] === space && isSeparator(bytes[to + 1]) && bytes[to + 2] === space
    if (cells[this.#at + logger + 1] !== Cell.ABSENT || !(isDelimited || (hasColon && isQualified(from, nameEnd))))
      return -1
    this.#set(this.#at + logger, from, nameEnd)
    return to
  }

  /** `production.ERROR: `, as Laravel and Monolog write it. */
  #readChannel(from: number, to: number): boolean {
    let level = to
    while (level > from && isUpperCase(level - 1, level)) level--
    if (level < from + 2 || to - level < 3 || bytes[level - 1] !== 0x2e) return false
    if (this.#cells[this.#at + logger + 1] !== Cell.ABSENT || !this.#takeSeverity(level, to)) return false
    this.#set(this.#at + logger, from, level - 1)
    return true
  }

  /** ` Warning:  message` after `PHP`, and ` Fatal error:  message`. */
  #readPhp(from: number, end: number): number {
    const start = from + 1
    const close = closing(colon, start, Math.min(end, start + 32))
    if (close < 0 || bytes[close + 1] !== space || this.#severity !== 0) return -1
    const to = afterLetters(start)
    if (pageText(start, close) === 'Deprecated') this.#severity = Severity.WARN
    else if (!this.#takeSeverity(start, to) && !this.#takeSeverity(to + 1, close)) return -1
    this.#set(this.#at + severityText, start, close)
    return close + 1
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

// What every line runs through stands here: a function of another module is not as quickly called.

/** Whether a byte may stand between a header and the message. */
const isSeparator = (byte = 0): boolean => byte === minus || byte === bar || byte === colon || byte === space

/** Offset after spaces, ends of colours, and separators that stand alone: ` - `, ` | `, ` : `, ` --- `. */
function afterSeparators(from: number, end: number): number {
  let at = from
  for (;;) {
    while (at < end && (bytes[at] === space || bytes[at] === tab)) at++
    if (bytes[at] === escapeCode) {
      const reset = afterReset(at)
      if (reset > at) {
        at = reset
        continue
      }
    }
    let after = at
    while (after < end && (bytes[after] === minus || bytes[after] === bar || bytes[after] === colon)) after++
    if (after === at || (after < end && bytes[after] !== space && at !== from)) return at
    at = after
  }
}

/** Whether all are digits. */
function isNumber(from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (byte < zero || byte > nine) return false
  }
  return to > from
}

/** Whether all are capitals. */
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

/** Where a bracket closes that was opened before `from`; -1 if it does not, nearby. */
function closing(bracket: number, from: number, end: number): number {
  const limit = Math.min(end, from + maxBracketed)
  let at = from
  while (at < limit && bytes[at] !== bracket) at++
  return at < limit ? at : -1
}
