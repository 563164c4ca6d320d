import { Buffer } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'
import type { Compression, Content } from './content.ts'
import { codeOf } from './file-errors.ts'
import { type FileStat, fileStat } from './file-stat.ts'

export type Inflater = () => Gunzip | ZstdDecompress

/** Compressed bytes that are decompressed at once: 1 to 1,000 bounds what one step can unfold to. */
const stepSize = 16 << 10
/** Bytes that are unpacked in one go: with the default of 16 KiB, zstd is a third as fast. */
const chunkSize = 128 << 10
const gunzip: Inflater = () => createGunzip({ chunkSize })
const unzstd: Inflater = () => createZstdDecompress({ chunkSize })
const endings: readonly [string, Inflater][] = [
  ['.gz', gunzip],
  ['.zst', unzstd],
]

/** How the file is decompressed; `undefined` if it is not. */
export function inflaterOf(path: string, compression: Compression): Inflater | undefined {
  if (compression === 'gzip') return gunzip
  if (compression === 'zstd') return unzstd
  if (compression === 'none') return undefined
  return endings.find(([ending]) => path.endsWith(ending))?.[1]
}

/** A compressed file, decompressed from its beginning; going back means beginning again. */
export class CompressedContent implements Content {
  readonly isCompressed = true
  readonly #handle: FileHandle
  readonly #inflater: Inflater
  #run: Decompression
  #size = 0

  constructor(handle: FileHandle, inflater: Inflater) {
    this.#handle = handle
    this.#inflater = inflater
    this.#run = new Decompression(handle, inflater)
  }

  get isCut(): boolean {
    return this.#run.isCut
  }

  async stat(): Promise<FileStat> {
    const stat = fileStat(await this.#handle.stat({ bigint: true }))
    if (stat.size !== this.#size && this.#run.hasEnded) this.#restart()
    this.#size = stat.size
    return stat
  }

  async read(into: Buffer, at: number, length: number, position: number): Promise<number> {
    if (position < this.#run.position) this.#restart()
    return this.#run.read(into, at, length, position)
  }

  async head(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length)
    const run = new Decompression(this.#handle, this.#inflater)
    try {
      return bytes.subarray(0, await run.read(bytes, 0, length, 0))
    } finally {
      run.destroy()
    }
  }

  async close(): Promise<void> {
    this.#run.destroy()
    await this.#handle.close()
  }

  #restart(): void {
    this.#run.destroy()
    this.#run = new Decompression(this.#handle, this.#inflater)
  }
}

/** One pass through a compressed file, step by step, so that what stands before a defect is read. */
class Decompression {
  readonly #handle: FileHandle
  readonly #inflater: Inflater
  readonly #raw = Buffer.allocUnsafeSlow(stepSize)
  #stream: Gunzip | ZstdDecompress
  /** Where in the file the data of the stream begin: a zstd stream takes one frame of several. */
  #base = 0
  #basePosition = 0
  /** From this offset in the file on, bytes are given one by one: a stream that fails keeps what it has just unpacked. */
  #carefulFrom = Number.POSITIVE_INFINITY
  /** Where in the file the last step began. */
  #source = 0
  #output: Buffer[] = []
  #error: unknown
  /** Offset in the decompressed bytes. */
  position = 0
  hasEnded = false
  isCut = false

  constructor(handle: FileHandle, inflater: Inflater) {
    this.#handle = handle
    this.#inflater = inflater
    this.#stream = this.#begin()
  }

  async read(into: Buffer, at: number, length: number, position: number): Promise<number> {
    let count = 0
    while (count < length) {
      const bytes = this.#output[0]
      if (bytes === undefined) {
        if (this.#error !== undefined && count === 0) throw this.#error
        if (this.hasEnded) break
        await this.#step()
        continue
      }
      const skipped = Math.min(position - this.position, bytes.length)
      const taken = skipped > 0 ? 0 : bytes.copy(into, at + count, 0, Math.min(bytes.length, length - count))
      const used = skipped > 0 ? skipped : taken
      if (used === bytes.length) this.#output.shift()
      else this.#output[0] = bytes.subarray(used)
      this.position += used
      position += taken
      count += taken
    }
    return count
  }

  destroy(): void {
    this.#stream.destroy()
  }

  #begin(): Gunzip | ZstdDecompress {
    const stream = this.#inflater()
    stream.on('data', (bytes: Buffer) => this.#output.push(bytes))
    stream.on('error', (error) => this.#fail(error))
    stream.on('end', () => stream.destroy())
    return stream
  }

  #fail(error: unknown): void {
    // Data that is cut is an end, for now; anything else is a defect.
    if (codeOf(error) === 'Z_BUF_ERROR') {
      this.isCut = true
      this.hasEnded = true
    } else if (this.#source < this.#carefulFrom) {
      this.#carefulFrom = this.#source
      this.#output = []
      this.position = this.#basePosition
      this.#stream = this.#begin()
    } else {
      this.#error = error
      this.hasEnded = true
    }
  }

  async #step(): Promise<void> {
    const source = this.#base + this.#stream.bytesWritten
    const size = source < this.#carefulFrom ? Math.min(stepSize, this.#carefulFrom - source) : 1
    this.#source = source
    const { bytesRead } = await this.#handle.read(this.#raw, 0, size, source)
    if (this.#stream.destroyed) {
      // A stream that took nothing will not take more.
      if (bytesRead === 0 || source === this.#base) this.hasEnded = true
      if (this.hasEnded) return
      this.#base = source
      this.#basePosition = this.position
      this.#stream = this.#begin()
    }
    const stream = this.#stream
    const { promise, resolve } = Promise.withResolvers<void>()
    stream.once('close', resolve)
    const given = stream.bytesWritten + bytesRead
    // What it does not take is behind its end, of which it then tells.
    if (bytesRead > 0) stream.write(this.#raw.subarray(0, bytesRead), () => stream.bytesWritten === given && resolve())
    else stream.end()
    await promise
    stream.off('close', resolve)
  }
}
