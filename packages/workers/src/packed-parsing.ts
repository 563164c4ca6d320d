import { Buffer } from 'node:buffer'
import { parseLines } from '@weir/line-parsing'
import { Layout, LogBatch, type PackedBatch, type Parser, packBatch } from '@weir/sdk'

const layout = new Layout()
const scratch = new LogBatch({ layout })

/**
 * Parses lines: one packed batch after the other until the end of the bytes. Where there is but one, it takes the bytes
 * along as they are.
 */
export function parsePacked(parser: Parser, bytes: Uint8Array): PackedBatch[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const batches: PackedBatch[] = []
  for (let at = 0; at < buffer.length; ) {
    scratch.reset(layout.isCrowded ? { layout: new Layout() } : {})
    scratch.bytes = buffer
    const isFirst = at === 0
    at = parseLines(parser, buffer, at, buffer.length, scratch, undefined, true)
    const isWhole = isFirst && at === buffer.length && bytes.byteLength === bytes.buffer.byteLength
    if (scratch.rowCount > 0) batches.push(packBatch(scratch, isWhole ? bytes : undefined))
  }
  return batches
}
