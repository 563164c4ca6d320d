import { hash } from 'node:crypto'

/** A stretch of a file, remembered by its digest: enough to recognise it, and no log text in the state. */
export interface Mark {
  /** Bytes. */
  readonly length: number
  readonly digest: string
}

/** Bytes before a position that are remembered with it. */
export const anchorLength = 128

/** Bytes at the beginning from which on two files that have them are hardly two logs with the same first line. */
export const tellingLength = 64

export const markOf = (bytes: Uint8Array): Mark => ({
  length: bytes.length,
  digest: hash('sha256', bytes, 'base64url').slice(0, 22),
})

const emptyMark = markOf(new Uint8Array())

/** Whether `bytes` begin with what was marked. */
export const beginsWith = (bytes: Uint8Array, mark: Mark): boolean =>
  bytes.length >= mark.length && markOf(bytes.subarray(0, mark.length)).digest === mark.digest

/** A place in a file: the offset, and a mark of the bytes before it, which tells whether the file is still the same. */
export interface Position {
  readonly offset: number
  readonly anchor: Mark
}

export const beginning: Position = { offset: 0, anchor: emptyMark }

/** The position `offset`, which is the end of `bytes`. */
export const positionAfter = (bytes: Uint8Array, offset: number): Position => ({
  offset,
  anchor: markOf(bytes.subarray(Math.max(0, bytes.length - Math.min(anchorLength, offset)))),
})
