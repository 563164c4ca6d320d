import type { Buffer } from 'node:buffer'

const newline = 10

/** Offset after the last newline in `bytes[from…to)`, or `from` if there is none. */
export function endOfLines(bytes: Buffer, from: number, to: number): number {
  const at = bytes.lastIndexOf(newline, to - 1)
  return at < from || to <= from ? from : at + 1
}

/** Offset after the first newline at or after `from`, or `to` if there is none before it. */
export function endOfLine(bytes: Buffer, from: number, to: number): number {
  const at = bytes.indexOf(newline, from)
  return at < 0 || at >= to ? to : at + 1
}

/** Offset of the line ending (`\n` or `\r\n`) of a line that ends before `next`. */
export function contentEnd(bytes: Buffer, from: number, next: number): number {
  let end = next
  if (end > from && bytes[end - 1] === newline) end--
  if (end > from && bytes[end - 1] === 13) end--
  return end
}

/** Beginning of the first line in `bytes[from…to)` that is longer than `maxBytes`, or -1. Looks at few bytes. */
export function overlongLine(bytes: Buffer, from: number, to: number, maxBytes: number): number {
  let at = from
  while (to - at > maxBytes) {
    const last = bytes.lastIndexOf(newline, at + maxBytes)
    if (last < at) return at
    at = last + 1
  }
  return -1
}
