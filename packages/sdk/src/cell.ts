/**
 * A cell is one value of one row: two 32-bit integers `a` and `b` in the batch's `cells`. The top four bits of `b` are
 * the kind of value. For the ranges, `a` is the first byte and the low 28 bits of `b` the byte after the last one.
 *
 * | kind | a | b |
 * |---|---|---|
 * | STRING | start | end: UTF-8 text as it stands |
 * | ESCAPED | start | end: the inside of a JSON string, escapes not yet undone |
 * | NUMBER | start | end: a JSON number, not yet parsed |
 * | JSON | start | end: a JSON object or array, not yet parsed |
 * | STRUCTURED_DATA | start | end: structured data of RFC 5424, not yet parsed |
 * | INTEGER | the value, 32-bit | – |
 * | BOOLEAN | 0 or 1 | – |
 * | NULL | – | – |
 * | VALUE | index into the batch's `values` | – |
 * | ABSENT | – | – |
 */
export const Cell = {
  STRING: 0x0000_0000,
  ESCAPED: 0x1000_0000,
  NUMBER: 0x2000_0000,
  JSON: 0x3000_0000,
  STRUCTURED_DATA: 0x4000_0000,
  INTEGER: 0x9000_0000 | 0,
  BOOLEAN: 0xa000_0000 | 0,
  NULL: 0xb000_0000 | 0,
  VALUE: 0xc000_0000 | 0,
  ABSENT: -1,
} as const

/** Of `b`: which kind of value. */
export const kindOf = (b: number): number => (b === -1 ? -1 : b & 0xf000_0000)

/** Of `b` of a range: the offset after its last byte. */
export const endOf = (b: number): number => b & 0x0fff_ffff

/** Bytes that one batch can address. */
export const maxBatchBytes = 0x0fff_ffff
