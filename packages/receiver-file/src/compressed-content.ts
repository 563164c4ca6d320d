import { Buffer } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'
import type { Compression, Content } from './content.ts'
import { type FileStat, fileStat } from './file-stat.ts'

export type Inflater = () => Gunzip | ZstdDecompress

/** Compressed bytes that are decompressed at once: 1 to 1,000 bounds what one step can unfold to. */
const stepSize = 16 << 10
const endings: readonly [string, Inflater][] = [
  ['.gz', createGunzip],
  ['.zst', createZstdDecompress],
]

/** How the file is decompressed; `undefined` if it is not. */
export function inflaterOf(path: string, compression: Compression): Inflater | undefined {
  if (compression === 'gzip') return createGunzip
  if (compression === 'zstd') return createZstdDecompress
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
    this.#run = new Decompression(handle, inflater())
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
    const run = new Decompression(this.#handle, this.#inflater())
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
    this.#run = new Decompression(this.#handle, this.#inflater())
  }
}

/** One pass through a compressed file, step by step, so that what stands before a defect is read. */
class Decompression {
  readonly #handle: FileHandle
  readonly #stream: Gunzip | ZstdDecompress
  #source = 0
  #output: Buffer[] = []
  #error: (Error & { code?: string }) | undefined
  /** Offset in the decompressed bytes. */
  position = 0
  hasEnded = false
  isCut = false

  constructor(handle: FileHandle, stream: Gunzip | ZstdDecompress) {
    this.#handle = handle
    this.#stream = stream
    stream.on('data', (bytes: Buffer) => this.#output.push(bytes))
    stream.on('error', (error) => {
      this.#error ??= error
    })
  }

  async read(into: Buffer, at: number, length: number, position: number): Promise<number> {
    let count = 0
    while (count < length) {
      const bytes = this.#output[0]
      if (bytes === undefined) {
        if (this.hasEnded || (this.#error && count > 0)) break
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

  async #step(): Promise<void> {
    if (this.#error) {
      // Truncated data is an end, for now; anything else is a defect.
      if (this.#error.code !== 'Z_BUF_ERROR') throw this.#error
      this.isCut = true
      this.hasEnded = true
      return
    }
    const raw = Buffer.allocUnsafe(stepSize)
    const { bytesRead } = await this.#handle.read(raw, 0, stepSize, this.#source)
    this.#source += bytesRead
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#stream.once('close', resolve)
    if (bytesRead > 0) this.#stream.write(raw.subarray(0, bytesRead), () => resolve())
    else this.#stream.end()
    await promise
    this.#stream.off('close', resolve)
    if (bytesRead === 0 && !this.#error) this.hasEnded = true
  }
}
