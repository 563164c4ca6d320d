import { Buffer } from 'node:buffer'
import { closeSync, openSync, readSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alignment, type EntryHead, entryMark, headBytes, isIntact, readHead } from './entry.ts'
import type { QueueFile, QueueStorage } from './queue-storage.ts'

const suffix = '.queue'

/** The number of the segment that a file is, or `undefined` if it is none. */
export const segmentNumber = (name: string): number | undefined => {
  const digits = name.endsWith(suffix) ? name.slice(0, -suffix.length) : ''
  return /^\d+$/.test(digits) ? Number(digits) : undefined
}

/** The entry at a place, or where the next one is if that one is damaged. */
export type SegmentRead =
  | { readonly head: EntryHead; readonly entry: Buffer }
  | { readonly head?: EntryHead; readonly next: number }

/**
 * A file of entries, one after the other. It is written once, to its end, and goes as a whole. The file may be that of
 * an older segment and longer: then the end is marked, and entries of the older one behind it are not this one's.
 */
export class Segment {
  readonly number: number
  readonly path: string
  /** Bytes that are written. */
  size = 0
  /** Bytes of the file. */
  extent = 0
  /** Records of it that nobody has taken yet, and the bytes of their entries. */
  records = 0
  bytes = 0
  /** When its first entry was written, Unix epoch in milliseconds. */
  firstTime: number | undefined
  /** Entries that were taken and are not done. */
  taken = 0
  isGone = false
  /** Writing it, or an fsync, has failed: its file is not used again. */
  isSuspect = false
  readonly #storage: QueueStorage
  #file: QueueFile | undefined

  constructor(storage: QueueStorage, directory: string, number: number) {
    this.#storage = storage
    this.number = number
    this.path = join(directory, `${String(number).padStart(12, '0')}${suffix}`)
  }

  /** The version of the format that a file from a former run was written in, if it is not this one. */
  foreignVersion(): string | undefined {
    const file = openSync(this.path, 'r')
    try {
      const mark = Buffer.alloc(entryMark.length)
      readSync(file, mark, 0, mark.length, 0)
      const name = mark.toString('latin1')
      return /^WRQ\d$/.test(name) && !mark.equals(entryMark) ? name.slice(-1) : undefined
    } finally {
      closeSync(file)
    }
  }

  /** Looks through a file from a former run, from `offset` on. */
  scan(offset: number): void {
    this.extent = statSync(this.path).size
    this.size = this.extent
    const file = openSync(this.path, 'r')
    try {
      const bytes = Buffer.alloc(headBytes)
      for (let at = offset; at < this.size; ) {
        const read = bytes.subarray(0, readSync(file, bytes, 0, headBytes, at))
        if (this.#isEnd(read)) {
          this.size = at
          break
        }
        const head = readHead(read)
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

  /** So many bytes more are written. */
  grow(bytes: number): void {
    this.size += bytes
    this.extent = Math.max(this.extent, this.size)
  }

  async read(offset: number): Promise<SegmentRead> {
    this.#file ??= await this.#storage.open(this.path, 'r')
    const bytes = Buffer.alloc(headBytes)
    const { bytesRead } = await this.#file.read(bytes, 0, headBytes, offset)
    const head = readHead(bytes.subarray(0, bytesRead))
    if (head?.segment === this.number && offset + head.length <= this.size) {
      const entry = Buffer.allocUnsafeSlow(head.length)
      const { bytesRead: length } = await this.#file.read(entry, 0, head.length, offset)
      if (length === entry.length && isIntact(entry)) return { head, entry }
      return { head, next: this.#nextAfter(offset) }
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

  /** Whether what follows is the mark of the end, or the first entry of the older segment whose file this was. */
  #isEnd(bytes: Buffer): boolean {
    const head = readHead(bytes)
    return head === undefined ? bytes.every((byte) => byte === 0) : head.segment !== this.number
  }

  /** Where the next intact entry begins after a damaged one; the end of the segment if there is none. */
  #nextEntry(file: number, offset: number): number {
    const rest = Buffer.alloc(this.size - offset)
    const length = readSync(file, rest, 0, rest.length, offset)
    const next = (at: number) => rest.indexOf(entryMark, at + 1)
    for (let at = next(0); at >= 0; at = next(at)) {
      const head = at % alignment === 0 ? readHead(rest.subarray(at)) : undefined
      if (head?.segment !== this.number || at + head.length > length) continue
      if (isIntact(rest.subarray(at, at + head.length))) return offset + at
    }
    return this.size
  }
}
