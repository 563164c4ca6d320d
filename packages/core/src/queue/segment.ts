import { Buffer } from 'node:buffer'
import { closeSync, openSync, readSync, statSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { alignment, type EntryHead, headBytes, isIntact, readHead } from './entry.ts'

const suffix = '.queue'

/** The number of the segment that a file is, or `undefined` if it is none. */
export const segmentNumber = (name: string): number | undefined => {
  const digits = name.endsWith(suffix) ? name.slice(0, -suffix.length) : ''
  return /^\d+$/.test(digits) ? Number(digits) : undefined
}

/** The entry at a place, or where the next one is if that one is damaged. */
export type SegmentRead =
  | { readonly head: EntryHead; readonly entry: Buffer; readonly release?: () => void }
  | { readonly head?: EntryHead; readonly next: number }

/** A file of entries, one after the other. It is written once, to its end, and goes as a whole. */
export class Segment {
  readonly number: number
  readonly path: string
  /** Bytes that are written. */
  size = 0
  /** Records of it that nobody has taken yet, and the bytes of their entries. */
  records = 0
  bytes = 0
  /** When its first entry was written, Unix epoch in milliseconds. */
  firstTime: number | undefined
  /** Entries that were taken and are not done. */
  taken = 0
  isGone = false
  #file: FileHandle | undefined

  constructor(directory: string, number: number) {
    this.number = number
    this.path = join(directory, `${String(number).padStart(12, '0')}${suffix}`)
  }

  /** Looks through a file from a former run, from `offset` on. */
  scan(offset: number): void {
    this.size = statSync(this.path).size
    const file = openSync(this.path, 'r')
    try {
      const bytes = Buffer.alloc(headBytes)
      for (let at = offset; at < this.size; ) {
        const head = readSync(file, bytes, 0, headBytes, at) === headBytes ? readHead(bytes) : undefined
        if (head === undefined || at + head.length > this.size) {
          at = this.#nextEntry(file, at)
          continue
        }
        this.firstTime ??= head.time
        this.records += head.records
        this.bytes += head.length
        at += head.length
      }
    } finally {
      closeSync(file)
    }
  }

  async read(offset: number): Promise<SegmentRead> {
    this.#file ??= await open(this.path, 'r')
    const bytes = Buffer.alloc(headBytes)
    const { bytesRead } = await this.#file.read(bytes, 0, headBytes, offset)
    const head = bytesRead === headBytes ? readHead(bytes) : undefined
    if (head !== undefined && offset + head.length <= this.size) {
      const entry = Buffer.allocUnsafeSlow(head.length)
      await this.#file.read(entry, 0, head.length, offset)
      if (isIntact(entry)) return { head, entry }
      const next = this.#nextAfter(offset)
      return next === offset + head.length ? { head, next } : { next }
    }
    return { next: this.#nextAfter(offset) }
  }

  /** Copies a damaged part to a file beside the segment. Returns its path. */
  setAside(from: number, to: number): string {
    const path = `${this.path}.damaged-${from}`
    const file = openSync(this.path, 'r')
    try {
      const bytes = Buffer.alloc(to - from)
      writeFileSync(path, bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from)), { mode: 0o600 })
    } finally {
      closeSync(file)
    }
    return path
  }

  #nextAfter(offset: number): number {
    const file = openSync(this.path, 'r')
    try {
      return this.#nextEntry(file, offset)
    } finally {
      closeSync(file)
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  /** Where the next intact entry begins after a damaged one; the end of the segment if there is none. */
  #nextEntry(file: number, offset: number): number {
    const rest = Buffer.alloc(this.size - offset)
    const length = readSync(file, rest, 0, rest.length, offset)
    for (let at = alignment; at + headBytes <= length; at += alignment) {
      const head = readHead(rest.subarray(at))
      if (head !== undefined && at + head.length <= length && isIntact(rest.subarray(at, at + head.length))) {
        return offset + at
      }
    }
    return this.size
  }
}
