import { Buffer } from 'node:buffer'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { QueueFile, QueueStorage } from './queue-storage.ts'

type Random = () => number
/** What was done to a file since its last fsync. */
type Edit = { readonly at: number; readonly bytes: Buffer } | { readonly length: number }
/** A file, whatever its name: what the disk has of it for certain, and what it may have besides. */
interface Inode {
  durable: Buffer
  edits: Edit[]
}
type Names = Map<string, Inode>

/** What a disk writes whole or not at all. */
const sectorBytes = 512

/**
 * A folder of a machine whose power can fail. All is done in a real folder, and it is kept in mind what has been forced
 * to the disk: contents by `datasync`, names by `syncDirectory`. After a cut any of the sectors written since may be
 * there or not, in any order, and of the changes of names any number of the first ones, as file systems with a journal do.
 */
export class PoweredStorage implements QueueStorage {
  /** Resolves when the power is gone. Nothing that was asked for then, or later, ends. */
  readonly gone: Promise<void>
  readonly #gone = Promise.withResolvers<void>()
  readonly #random: Random
  readonly #live: Names = new Map()
  #durable: Names = new Map()
  #renames: ((names: Names) => void)[] = []
  readonly #open = new Set<number>()
  #left: number

  /** @param operations how many are done before the power is gone, in the middle of the last one */
  constructor(directory: string, operations: number, random: Random) {
    this.gone = this.#gone.promise
    this.#left = operations
    this.#random = random
    for (const name of readdirSync(directory)) {
      this.#live.set(name, { durable: readFileSync(join(directory, name)), edits: [] })
    }
    this.#durable = new Map(this.#live)
  }

  async open(path: string, flags: 'r' | 'r+' | 'w+' | 'wx'): Promise<QueueFile> {
    const name = basename(path)
    await this.#operate(() => {})
    const file = openSync(path, flags === 'wx' ? 'wx+' : flags)
    this.#open.add(file)
    const known = this.#live.get(name)
    const inode = known ?? { durable: Buffer.alloc(0), edits: [] }
    if (known === undefined) this.#change((names) => names.set(name, inode))
    else if (flags === 'w+') inode.edits.push({ length: 0 })
    return this.#file(file, inode)
  }

  async rename(from: string, to: string): Promise<void> {
    const inode = this.#live.get(basename(from))
    const change = (names: Names) => {
      names.delete(basename(from))
      if (inode !== undefined) names.set(basename(to), inode)
    }
    await this.#operate(() => this.#renames.push(change))
    renameSync(from, to)
    change(this.#live)
  }

  async unlink(path: string): Promise<void> {
    const change = (names: Names) => names.delete(basename(path))
    await this.#operate(() => this.#renames.push(change))
    unlinkSync(path)
    change(this.#live)
  }

  async syncDirectory(): Promise<void> {
    const covered = this.#renames.length
    await this.#operate(() => {})
    for (const change of this.#renames.splice(0, covered)) change(this.#durable)
  }

  /** Puts what is there after the cut into a new folder. */
  recover(directory: string): void {
    for (const file of this.#open) closeSync(file)
    mkdirSync(directory)
    const names = new Map(this.#durable)
    const kept = Math.floor(this.#random() * (this.#renames.length + 1))
    for (const change of this.#renames.slice(0, kept)) change(names)
    const share = [0, 0.5, 0.9, 1][Math.floor(this.#random() * 4)] ?? 0
    for (const [name, inode] of names) writeFileSync(join(directory, name), this.#remains(inode, share))
  }

  #change(change: (names: Names) => void): void {
    this.#renames.push(change)
    change(this.#live)
  }

  /** Lets others go on for a while; if the power fails meanwhile, `begun` may have happened, and nothing more does. */
  async #operate(begun: () => void): Promise<void> {
    for (let turns = Math.floor(this.#random() * 4); turns > 0; turns--) await Promise.resolve()
    if (--this.#left === 0) begun()
    if (this.#left > 0) return begun()
    this.#gone.resolve()
    await new Promise(() => {})
  }

  #file(file: number, inode: Inode): QueueFile {
    const write = async (bytes: Buffer, position: number) => {
      const copy = Buffer.from(bytes)
      await this.#operate(() => inode.edits.push({ at: position, bytes: copy }))
      writeSync(file, copy, 0, copy.length, position)
      return copy.length
    }
    const seam = {
      read: async (buffer: Buffer, offset: number, length: number, position: number) => {
        await this.#operate(() => {})
        return { buffer, bytesRead: readSync(file, buffer, offset, length, position) }
      },
      write: async (buffer: Buffer, offset: number, length: number, position: number) => {
        return { buffer, bytesWritten: await write(buffer.subarray(offset, offset + length), position) }
      },
      writev: async (buffers: Buffer[], position: number) => {
        return { buffers, bytesWritten: await write(Buffer.concat(buffers), position) }
      },
      datasync: async () => {
        const covered = inode.edits.length
        await this.#operate(() => {})
        inode.durable = inode.edits.splice(0, covered).reduce(edited, inode.durable)
      },
      truncate: async (length: number) => {
        await this.#operate(() => inode.edits.push({ length }))
        ftruncateSync(file, length)
      },
      close: async () => {
        await this.#operate(() => {})
        this.#open.delete(file)
        closeSync(file)
      },
    }
    // The queue calls no other of their overloads.
    return seam as unknown as QueueFile
  }

  /** What is left of a file: each of the sectors that no fsync has covered is there with the likelihood of `share`. */
  #remains({ durable, edits }: Inode, share: number): Buffer {
    let bytes = durable
    for (const edit of edits) {
      if ('length' in edit) {
        if (this.#random() < share) bytes = edited(bytes, edit)
        continue
      }
      for (let from = 0; from < edit.bytes.length; ) {
        const to = Math.min(edit.bytes.length, from + sectorBytes - ((edit.at + from) % sectorBytes))
        if (this.#random() < share) {
          bytes = edited(bytes, { at: edit.at + from, bytes: edit.bytes.subarray(from, to) })
        }
        from = to
      }
    }
    return bytes
  }
}

/** The bytes after an edit; a gap before it is zeros. */
function edited(bytes: Buffer, edit: Edit): Buffer {
  const length = 'length' in edit ? edit.length : Math.max(bytes.length, edit.at + edit.bytes.length)
  const after = Buffer.alloc(length)
  bytes.copy(after)
  if ('bytes' in edit) edit.bytes.copy(after, edit.at)
  return after
}
