import type { Buffer } from 'node:buffer'
import type { FileStat } from './file-stat.ts'

/** An open file, read at offsets of its content: of the decompressed bytes if it is compressed. */
export interface Content {
  readonly isCompressed: boolean
  /** The compressed data ended in the middle. */
  readonly isCut: boolean
  stat(): Promise<FileStat>
  /**
   * Reads up to `length` bytes from `position` into `into` at `at`; fewer only where the content ends, none behind it.
   * @throws what reading throws; of compressed data, once all that stands before the defect has been read
   */
  read(into: Buffer, at: number, length: number, position: number): Promise<number>
  /** The first bytes, `length` at most. */
  head(length: number): Promise<Buffer>
  close(): Promise<void>
}

/** `auto` goes by the ending of the path. */
export type Compression = 'auto' | 'gzip' | 'zstd' | 'none'
