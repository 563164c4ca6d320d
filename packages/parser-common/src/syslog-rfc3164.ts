import { Cell, type LogBatch } from '@weir/sdk'
import { closeBracket, colon, nine, openBracket, space, zero } from './byte.ts'
import { page } from './page.ts'
import type { PageTime } from './page-time.ts'

const bytes = page

/** Offsets into a row of cells, in the order in which the layout of syslog names them. */
export const hostname = 4
export const appname = 6
export const processId = 8

const percent = 0x25
const star = 0x2a
const point = 0x2e
const upperA = 0x41
const upperZ = 0x5a
/** Letters of the longest abbreviation of a zone. */
const maxZone = 5

/**
 * What stands after the priority in RFC 3164 and in what devices send in its place: Cisco's counters, marks and names
 * before the time, times of other forms, abbreviations of zones, no host, no tag.
 */
export class Rfc3164Reader {
  readonly #time: PageTime

  constructor(time: PageTime) {
    this.#time = time
  }

  /** Fills time, host, tag and process of a row; returns the offset of the message, or -1 if this is no syslog. */
  read(header: number, to: number, batch: LogBatch, row: number, hasPriority: boolean): number {
    const { cells } = batch
    const at = row * batch.stride * 2
    const from = afterByteOrderMark(header)
    const device = this.#findTime(from, to, batch, row)
    if (device < 0) {
      batch.time[row] = Number.NaN
      if (!hasPriority) return -1
      return bytes[from] === percent ? this.#readTag(from, cells, at) : from
    }
    const { remainder, end } = this.#time
    if (remainder !== 0 || batch.timeRemainder !== null) batch.remainders()[row] = remainder
    let i = afterZone(end)
    if (bytes[i] === colon) i++
    while (bytes[i] === space) i++
    if (device > 0) {
      cells[at + hostname] = from + device - 1
      cells[at + hostname + 1] = this.#deviceEnd
      return this.#readTag(i, cells, at)
    }
    const host = i
    while ((bytes[i] ?? 0) > space && bytes[i] !== openBracket) i++
    if (bytes[i] !== space || bytes[i - 1] === colon || i === host) return this.#readTag(host, cells, at)
    cells[at + hostname] = host
    cells[at + hostname + 1] = i
    i++
    if (bytes[i] === colon && bytes[i + 1] === space) i += 2
    return this.#readTag(i, cells, at)
  }

  #deviceEnd = 0

  /**
   * Reads the time, after counters and marks if there are any. Returns 0, or where the name of a device stands before
   * the time as an offset from `from` plus 1, or -1 if there is no time.
   */
  #findTime(from: number, to: number, batch: LogBatch, row: number): number {
    const first = afterCounters(from)
    if (this.#timeAt(first, to, batch, row)) return 0
    let end = first
    while ((bytes[end] ?? 0) > space && bytes[end] !== colon) end++
    if (bytes[end] !== colon || bytes[end + 1] !== space || end === first) return -1
    // `app: 2026-10-11T22:14:15Z done` begins with a tag: the name of a device is followed by a message of Cisco's form.
    if (!this.#timeAt(afterCounters(end + 2), to, batch, row)) return -1
    const after = afterZone(this.#time.end)
    if (bytes[after] !== colon || bytes[after + 1] !== space || bytes[after + 2] !== percent) return -1
    this.#deviceEnd = end
    return first - from + 1
  }

  #timeAt(from: number, to: number, batch: LogBatch, row: number): boolean {
    if (!this.#time.prefix(batch.time, row, from, to)) return false
    const after = bytes[this.#time.end] ?? 0
    return after <= space || after === colon
  }

  /** `su[231]: `; returns the offset of the message, which is `from` if there is no tag. */
  #readTag(from: number, cells: LogBatch['cells'], at: number): number {
    let i = from
    while ((bytes[i] ?? 0) > space && bytes[i] !== openBracket && bytes[i] !== colon) i++
    const tagEnd = i
    if (bytes[i] === openBracket && i > from) {
      const process = i + 1
      while ((bytes[i] ?? 0) > space && bytes[i] !== closeBracket) i++
      if (bytes[i] !== closeBracket) return from
      cells[at + processId] = process
      cells[at + processId + 1] = i > process ? i : Cell.ABSENT
      i++
    } else if (bytes[i] !== colon || i === from) {
      return from
    }
    cells[at + appname] = from
    cells[at + appname + 1] = tagEnd
    if (bytes[i] === colon) i++
    if (bytes[i] === space) i++
    return afterByteOrderMark(i)
  }
}

const afterByteOrderMark = (at: number): number =>
  bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? at + 3 : at

/**
 * Cisco counts its messages before the time, once or twice, and marks clocks that are not set:
 * `29: 000030: *Mar  1 18:48:50.483`. NX-OS leaves a colon where the count would be.
 */
function afterCounters(from: number): number {
  let at = bytes[from] === colon && bytes[from + 1] === space ? from + 2 : from
  for (;;) {
    let end = at
    while ((bytes[end] ?? 0) >= zero && (bytes[end] ?? 0) <= nine) end++
    if (end === at || bytes[end] !== colon || bytes[end + 1] !== space) break
    at = end + 2
  }
  return bytes[at] === star || bytes[at] === point ? at + 1 : at
}

/** After ` CEST` where a message of Cisco's form follows. What it says of the zone is not unique: `location` tells it. */
function afterZone(from: number): number {
  if (bytes[from] !== space) return from
  let end = from + 1
  while ((bytes[end] ?? 0) >= upperA && (bytes[end] ?? 0) <= upperZ) end++
  const isZone = end > from + 2 && end <= from + 1 + maxZone
  return isZone && bytes[end] === colon && bytes[end + 1] === space && bytes[end + 2] === percent ? end : from
}
