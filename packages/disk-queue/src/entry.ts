import { Buffer } from 'node:buffer'
import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import { type LogBatch, type PackedBatch, packedView, rebase, unpackBatch } from '@weir/sdk'
import { checksum, checksumBytes } from './checksum.ts'

/**
 * What stands before the columns: magic, length of all that follows, records, rows, time of writing, length of the
 * description, length of the bytes, whether there are remainders, bytes that the records stand for, checksum of all that
 * follows the head, number of the segment, checksum of the head.
 */
export const headBytes = 64
const word = { magic: 0, length: 1, records: 2, rows: 3, time: 4, description: 6, bytes: 7, remainders: 8 } as const
const stamp = { byteLength: 9, content: 10, segment: 14, headSum: 15 } as const

/** Names format and version, and by its byte order the machine's, since columns stand as they do in memory. */
const magic = 0x33_51_52_57
/** How an entry begins. */
export const entryMark = Buffer.from(new Uint32Array([magic]).buffer)

/** Entries begin at multiples of this, so that columns can be used where they were read. */
export const alignment = 8

/** What is known of an entry without its columns. */
export interface EntryHead {
  /** Bytes of the whole entry, head included. */
  readonly length: number
  readonly records: number
  /** When it was written, Unix epoch in milliseconds. */
  readonly time: number
  /** Number of the segment that it was written to. */
  readonly segment: number
}

/** A batch as it is written. */
export interface Entry {
  readonly bytes: Buffer<ArrayBuffer>
  /** The batch that was written, on the memory of the entry: what `decodeEntry` would give. */
  batch(): LogBatch
}

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment

/** The parts of an entry, each at a multiple of the alignment. */
function partsOf(rows: number, cells: number, description: number, bytes: number, hasRemainders: boolean) {
  const at = { cells: headBytes, time: 0, remainders: 0, severity: 0, description: 0, bytes: 0, end: 0 }
  at.time = at.cells + cells * 4
  at.remainders = at.time + rows * 8
  at.severity = at.remainders + (hasRemainders ? aligned(rows * 4) : 0)
  at.description = at.severity + aligned(rows)
  at.bytes = at.description + aligned(description)
  at.end = at.bytes + aligned(bytes)
  return at
}

/** The columns of an entry, on its memory. */
function columnsIn(entry: Buffer, at: ReturnType<typeof partsOf>, rows: number, cells: number, bytes: number) {
  const { buffer, byteOffset: from } = entry
  return {
    bytes: new Uint8Array(buffer, from + at.bytes, bytes),
    cells: new Int32Array(buffer, from + at.cells, cells),
    time: new Float64Array(buffer, from + at.time, rows),
    timeRemainder: at.severity === at.remainders ? null : new Uint32Array(buffer, from + at.remainders, rows),
    severityNumber: new Uint8Array(buffer, from + at.severity, rows),
  }
}

/**
 * A batch as it is written, once it is sealed: columns as they are, everything else as one value of V8's format, which
 * later versions read. `allocate` gives a buffer that begins with its memory.
 */
export function encodeEntry(batch: LogBatch, now: number, allocate = Buffer.allocUnsafeSlow): Entry {
  const { bytes, cells, time, timeRemainder, severityNumber, ...rest } = packedView(batch)
  const description = serialize(rest)
  const { rowCount } = rest
  const at = partsOf(rowCount, cells.length, description.length, bytes.length, timeRemainder !== null && rowCount > 0)
  const entry = allocate(at.end)
  const columns = columnsIn(entry, at, rowCount, cells.length, bytes.length)
  columns.cells.set(cells)
  rebase(columns.cells, rest.offset)
  columns.time.set(time)
  if (timeRemainder !== null) columns.timeRemainder?.set(timeRemainder)
  columns.severityNumber.set(severityNumber)
  columns.bytes.set(bytes)
  entry.set(description, at.description)
  entry.fill(0, at.severity + rowCount, at.description)
  entry.fill(0, at.description + description.length, at.bytes)
  entry.fill(0, at.bytes + bytes.length, at.end)
  const head = new Uint32Array(entry.buffer, 0, headBytes / 4)
  head.set([magic, at.end - headBytes, batch.length, rowCount, 0, 0, description.length, bytes.length])
  new Float64Array(entry.buffer, word.time * 4, 1)[0] = now
  head[word.remainders] = columns.timeRemainder === null ? 0 : 1
  head[stamp.byteLength] = batch.byteLength
  const { byteLength: knownByteLength } = batch
  return { bytes: entry, batch: () => Object.assign(unpackBatch({ ...rest, ...columns }), { knownByteLength }) }
}

/**
 * Gives an entry its checksums, and says in which segment it stands: what an older segment has left in the same file is
 * not taken for one of its own.
 */
export function sealEntry(entry: Buffer, segment: number): void {
  checksum(entry.subarray(headBytes)).copy(entry, stamp.content * 4)
  const head = viewOf(entry)
  head.setUint32(stamp.segment * 4, segment, isLittleEndian)
  head.setUint32(stamp.headSum * 4, headSum(entry), isLittleEndian)
}

const headSum = (bytes: Buffer): number => crc32(bytes.subarray(0, stamp.headSum * 4))
const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, headBytes)
const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** The head at the beginning of `bytes`, if it is intact; what follows it need not be. */
export function readHead(bytes: Buffer): EntryHead | undefined {
  if (bytes.length < headBytes) return undefined
  const head = viewOf(bytes)
  const number = (index: number) => head.getUint32(index * 4, isLittleEndian)
  if (number(word.magic) !== magic || number(stamp.headSum) !== headSum(bytes)) return undefined
  return {
    length: headBytes + number(word.length),
    records: number(word.records),
    time: head.getFloat64(word.time * 4, isLittleEndian),
    segment: number(stamp.segment),
  }
}

/** Whether an entry is as it was written. */
export function isIntact(entry: Buffer): boolean {
  if (readHead(entry)?.length !== entry.length) return false
  const at = stamp.content * 4
  return checksum(entry.subarray(headBytes)).equals(entry.subarray(at, at + checksumBytes))
}

/** The batch of an intact entry. It stands on the entry's memory. */
export function decodeEntry(entry: Buffer): LogBatch {
  const head = new Uint32Array(entry.buffer, entry.byteOffset, headBytes / 4)
  const [, , , rows = 0, , , described = 0, length = 0, hasRemainders = 0, knownByteLength = 0] = head
  // The cells are what is left of the length when everything else is known.
  const cells = (entry.length - partsOf(rows, 0, described, length, hasRemainders === 1).end) / 4
  const at = partsOf(rows, cells, described, length, hasRemainders === 1)
  // What was serialized is of this type; the checksum says that it is what was serialized.
  const rest: Omit<PackedBatch, 'bytes' | 'cells' | 'time' | 'timeRemainder' | 'severityNumber'> = deserialize(
    entry.subarray(at.description, at.description + described),
  )
  return Object.assign(unpackBatch({ ...rest, ...columnsIn(entry, at, rows, cells, length) }), { knownByteLength })
}
