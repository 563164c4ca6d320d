import { copy, copyJson, escape, integer } from './json-text'
import { structuredData } from './structured-data'
import { FIRST, LAST, time } from './time-text'

const STRING: i32 = 0x00000000
const ESCAPED: i32 = 0x10000000
const NUMBER: i32 = 0x20000000
const JSON: i32 = 0x30000000
const STRUCTURED_DATA: i32 = 0x40000000
const INTEGER: i32 = 0x90000000 | 0
const BOOLEAN: i32 = 0xa0000000 | 0
const NULL: i32 = 0xb0000000 | 0
const VALUE: i32 = 0xc0000000 | 0
const ABSENT: i32 = -1
const END: i32 = 0x0fffffff

/** Why a call has come back: all rows are written, there is no room, or the next row is for JavaScript. */
const DONE: i32 = 0
const FULL: i32 = 1
const OTHER: i32 = 2

/** What a column may hold to be written; anything else is left out (fields of a record have a type). */
const TEXT: i32 = 1
const NUMERIC: i32 = 2

/** What stays the same from row to row; set by `begin`. Literals are pairs of address and length. */
let literals: usize = 0
let columns: usize = 0
let topCount: i32 = 0
let columnCount: i32 = 0
let shared: usize = 0
let sharedCount: i32 = 0
let severityText: i32 = 0
/** JSON of the batch's values: address, length (0: for JavaScript), and type (1: a text, 2: a number). */
let values: usize = 0
let valueCount: i32 = 0
/** Bytes that a row takes beside its values, at most. */
let fixed: usize = 0

/** Rows that the last call has written, where it has come to, and why it came back. */
export let count: i32 = 0
export let position: usize = 0
export let reason: i32 = 0

// Literals by number.
const SEVERITY: i32 = 0
const SEVERITY_TEXT: i32 = 25
const OBSERVED: i32 = 50
const ENDING: i32 = 51
const TEXT_KEY: i32 = 52
const ATTRIBUTES: i32 = 53

/**
 * @param literalTable address and length of each literal: 25 severities, 25 severities with their names, `observedTime`,
 * the ending, the key of the severity's text, the key of the attributes, then the keys of columns
 * @param columnTable slot, literal and type of each column: fields of the record first, then attributes
 * @param sharedTable slot (-1 for none) and literal of each attribute that the batch has as a whole
 * @param severityTextSlot slot of the severity's text, or -1
 * @param fixedBytes bytes that a row takes beside its values, at most
 * @param valueTable address, length and type (1: a text, 2: a number) of the JSON of each of the batch's values
 */
export function begin(
  literalTable: usize, columnTable: usize, tops: i32, all: i32, sharedTable: usize, sharedAll: i32,
  severityTextSlot: i32, fixedBytes: usize, valueTable: usize, valuesAll: i32,
): void {
  literals = literalTable
  columns = columnTable
  topCount = tops
  columnCount = all
  shared = sharedTable
  sharedCount = sharedAll
  severityText = severityTextSlot
  fixed = fixedBytes
  values = valueTable
  valueCount = valuesAll
}

// @ts-ignore: decorator
@inline
function literal(out: usize, number: i32, less: usize = 0): usize {
  const entry = literals + (<usize>number << 3)
  const from = <usize>load<u32>(entry)
  return copy(out, from, from + load<u32>(entry, 4) - less)
}

// @ts-ignore: decorator
@inline
function kindOf(b: i32): i32 {
  return b & 0xf0000000
}

// @ts-ignore: decorator
@inline
function isText(cell: usize): bool {
  const b = load<i32>(cell, 4)
  if (b == ABSENT) return false
  const kind = kindOf(b)
  if (kind == STRING || kind == ESCAPED) return true
  return kind == VALUE && load<i32>(cell) < valueCount && load<i32>(values + <usize>load<i32>(cell) * 12, 8) == 1
}

// @ts-ignore: decorator
@inline
function isNumber(cell: usize): bool {
  const b = load<i32>(cell, 4)
  if (b == ABSENT || kindOf(b) != VALUE || load<i32>(cell) >= valueCount) return false
  return load<i32>(values + <usize>load<i32>(cell) * 12, 8) == 2
}

/** Bytes of a value that is not of fixed size; -1 if the value is not for us. */
// @ts-ignore: decorator
@inline
function sizeOf(cell: usize, lo: i32, hi: i32): i32 {
  const b = load<i32>(cell, 4)
  if (b == ABSENT) return 0
  const kind = kindOf(b)
  if (kind == STRING || kind == ESCAPED || kind == NUMBER || kind == JSON || kind == STRUCTURED_DATA) {
    const a = load<i32>(cell)
    const to = b & END
    return a < lo || to > hi || to < a ? -1 : to - a
  }
  if (kind == VALUE) {
    const a = load<i32>(cell)
    const length = a < valueCount ? load<i32>(values + <usize>a * 12, 4) : 0
    return length > 0 ? length : -1
  }
  return kind == INTEGER || kind == BOOLEAN || kind == NULL ? 0 : -1
}

/** A value turned out not to be for us when it was written. */
let isRefused: bool = false

function value(to: usize, cell: usize, key: i32, bias: usize): usize {
  const a = load<i32>(cell)
  const b = load<i32>(cell, 4)
  if (b == ABSENT) return to
  const from = bias + a
  const end = bias + (b & END)
  let out = to
  switch (kindOf(b)) {
    case STRING:
      out = escape(literal(out, key), from, end)
      store<u8>(out, 0x22)
      return out + 1
    case ESCAPED:
      out = copy(literal(out, key), from, end)
      store<u8>(out, 0x22)
      return out + 1
    case NUMBER:
      return copy(literal(out, key, 1), from, end)
    case JSON:
      return copyJson(literal(out, key, 1), from, end)
    case INTEGER:
      return integer(literal(out, key, 1), a)
    case STRUCTURED_DATA:
      out = structuredData(literal(out, key, 1), from, end)
      if (out == 0) isRefused = true
      return out
    case VALUE: {
      const entry = values + <usize>a * 12
      const text = <usize>load<u32>(entry)
      return copy(literal(out, key, 1), text, text + load<u32>(entry, 4))
    }
    case BOOLEAN:
      out = literal(out, key, 1)
      if (a == 1) {
        store<u32>(out, 0x65757274)
        return out + 4
      }
      store<u32>(out, 0x736c6166)
      store<u8>(out, 0x65, 4)
      return out + 5
    default:
      out = literal(out, key, 1)
      store<u32>(out, 0x6c6c756e)
      return out + 4
  }
}

/**
 * Writes rows as NDJSON, as `NdjsonEncoder` does in JavaScript, which is the specification; a row with something in it that
 * is no range of the bytes and no small number is left to it.
 *
 * @param rows numbers of the rows, as words
 * @param cells of row 0; width in 32-bit words
 * @param bias from offsets in the batch's bytes to addresses; offsets from `lo` to `hi` are there
 * @param remainders nanoseconds below the millisecond, or 0
 * @param full where a piece ends, with the line that it has come to
 * @param end of the room; forty bytes more may be written
 */
export function encode(
  rows: usize, rowCount: i32, cells: usize, width: i32, bias: usize, lo: i32, hi: i32,
  times: usize, remainders: usize, severities: usize, out0: usize, full: usize, end: usize,
): void {
  let out = out0
  let done = 0
  reason = DONE
  for (; done < rowCount; done++) {
    if (out >= full) {
      reason = FULL
      break
    }
    const row = load<u32>(rows + (<usize>done << 2))
    const rowCells = cells + ((<usize>row * <usize>width) << 2)
    const ms = load<f64>(times + (<usize>row << 3))
    let isOurs = isNaN(ms) || (ms >= FIRST && ms <= LAST)
    let size: usize = fixed
    let isSeverityText = false
    if (severityText >= 0) {
      const cell = rowCells + (<usize>severityText << 3)
      const bytes = sizeOf(cell, lo, hi)
      isOurs = isOurs && bytes >= 0
      isSeverityText = isText(cell)
      size += <usize>bytes * 6
    }
    for (let column: i32 = 0; column < columnCount && isOurs; column++) {
      const cell = rowCells + (<usize>load<u32>(columns + <usize>column * 12) << 3)
      const bytes = sizeOf(cell, lo, hi)
      if (bytes < 0) isOurs = false
      else size += <usize>bytes * 6
    }
    if (!isOurs) {
      reason = OTHER
      break
    }
    if (out + size > end) {
      reason = out == out0 ? OTHER : FULL
      break
    }

    const start = out
    isRefused = false
    if (!isNaN(ms)) out = time(out, ms, remainders == 0 ? 0 : load<u32>(remainders + (<usize>row << 2)))
    out = literal(out, OBSERVED)
    const severity = <i32>load<u8>(severities + row)
    if (severity < 25) out = literal(out, (isSeverityText ? SEVERITY : SEVERITY_TEXT) + severity)
    if (isSeverityText) {
      const cell = rowCells + (<usize>severityText << 3)
      const b = load<i32>(cell, 4)
      const isEmpty = kindOf(b) == VALUE ? sizeOf(cell, lo, hi) == 2 : load<i32>(cell) == (b & END)
      if (!isEmpty) out = value(out, cell, TEXT_KEY, bias)
    }
    let column: i32 = 0
    for (; column < topCount; column++) {
      const entry = columns + <usize>column * 12
      const cell = rowCells + (<usize>load<u32>(entry) << 3)
      const type = load<i32>(entry, 8)
      if (type != 0) {
        const kind = kindOf(load<i32>(cell, 4))
        if (type == TEXT && !isText(cell)) continue
        if (type == NUMERIC && kind != INTEGER && kind != NUMBER && !isNumber(cell)) continue
      }
      out = value(out, cell, load<i32>(entry, 4), bias)
      if (isRefused) break
    }
    if (isRefused) {
      out = start
      reason = OTHER
      break
    }
    const attributes = out
    out = literal(out, ATTRIBUTES)
    const open = out
    for (; column < columnCount; column++) {
      const entry = columns + <usize>column * 12
      out = value(out, rowCells + (<usize>load<u32>(entry) << 3), load<i32>(entry, 4), bias)
      if (isRefused) break
    }
    if (isRefused) {
      out = start
      reason = OTHER
      break
    }
    for (let index: i32 = 0; index < sharedCount; index++) {
      const slot = load<i32>(shared + (<usize>index << 3))
      if (slot >= 0 && load<i32>(rowCells + (<usize>slot << 3), 4) != ABSENT) continue
      out = literal(out, load<i32>(shared + (<usize>index << 3), 4))
    }
    if (out == open) out = attributes
    else {
      store<u8>(open, 0x7b)
      store<u8>(out++, 0x7d)
    }
    out = literal(out, ENDING)
    if (load<u8>(start) == 0x2c) store<u8>(start, 0x7b)
    else {
      memory.copy(start + 1, start, out - start)
      store<u8>(start, 0x7b)
      out++
    }
  }
  count = done
  position = out
}
