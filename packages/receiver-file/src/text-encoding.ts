import { Buffer } from 'node:buffer'
import { createRequire } from 'node:module'
import type iconv from 'iconv-lite'
import { unknownEncoding } from './errors.ts'

/** Text as core takes it: UTF-8, with the way back to where it came from. */
export interface DecodedText {
  readonly bytes: Buffer
  /** Offset in the raw bytes of an offset in the text. */
  rawOffset(offset: number): number
}

/** Loaded for encodings other than UTF-8 alone: its tables take memory. */
const loadIconv = (): typeof iconv => createRequire(import.meta.url)('iconv-lite')

/** Strings above 128 KiB land where V8 is slow. */
const pieceSize = 64 << 10
const utf8Names = new Set(['utf8', 'utf-8', 'ascii', 'us-ascii'])

/** The character encoding of a file. */
export class TextEncoding {
  readonly #name: string
  /** The bytes are UTF-8 already and are passed on as they are. */
  readonly isUtf8: boolean
  readonly #mark: Buffer
  readonly #newline: Buffer

  /** @throws WeirError `WEIR_FILE_ENCODING` */
  constructor(encoding: string) {
    this.isUtf8 = utf8Names.has(encoding.toLowerCase())
    this.#name = this.isUtf8 ? 'utf8' : encoding
    if (this.isUtf8) {
      this.#newline = Buffer.from('\n')
      this.#mark = Buffer.from('\uFEFF')
      return
    }
    const iconv = loadIconv()
    if (!iconv.encodingExists(this.#name)) throw unknownEncoding(encoding)
    this.#newline = iconv.encode('\n', this.#name, { addBOM: false })
    // Encodings whose newline is not one unit of their own (UTF-7, base64) cannot be cut into lines.
    if (![1, 2, 4].includes(this.#newline.length)) throw unknownEncoding(encoding)
    const mark = iconv.encode('\uFEFF', this.#name, { addBOM: false })
    const isUnicode = iconv.decode(mark, this.#name, { stripBOM: false }) === '\uFEFF'
    this.#mark = isUnicode ? mark : Buffer.alloc(0)
  }

  /** Bytes of the byte order mark that `bytes` begin with at `from`. */
  byteOrderMark(bytes: Buffer, from: number, to: number): number {
    const length = this.#mark.length
    return length > 0 && to - from >= length && this.#mark.equals(bytes.subarray(from, from + length)) ? length : 0
  }

  /** Offset after the last newline; 0 if there is none. */
  endOfLines(raw: Buffer): number {
    const newline = this.#newlineBefore(raw, raw.length)
    return newline < 0 ? 0 : newline + this.#newline.length
  }

  /** `raw` begins with a line. A character that is cut at the end is left out, unless nothing more will come. */
  decode(raw: Buffer, isEnd: boolean): DecodedText {
    const bytes = this.#decode(raw, isEnd)
    return { bytes, rawOffset: (offset) => this.#rawOffset(raw, bytes, offset, isEnd) }
  }

  #decode(raw: Buffer, isEnd: boolean): Buffer {
    const decoder = loadIconv().getDecoder(this.#name, { stripBOM: false })
    const pieces: string[] = []
    for (let at = 0; at < raw.length; at += pieceSize) pieces.push(decoder.write(raw.subarray(at, at + pieceSize)))
    const rest = isEnd ? decoder.end() : undefined
    if (rest) pieces.push(rest)
    const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0))
    let at = 0
    for (const piece of pieces) at += bytes.write(piece, at)
    return bytes
  }

  /** Line ends correspond one to one; they are counted from the end, where few remain. */
  #rawOffset(raw: Buffer, text: Buffer, offset: number, isEnd: boolean): number {
    if (isEnd && offset === text.length) return raw.length
    const lineStart = text.subarray(0, offset).lastIndexOf(10) + 1
    let end = raw.length
    for (let at = text.indexOf(10, offset); at >= 0; at = text.indexOf(10, at + 1)) end = this.#newlineBefore(raw, end)
    const before = this.#newlineBefore(raw, end)
    const rawLineStart = before < 0 ? 0 : before + this.#newline.length
    return offset === lineStart
      ? rawLineStart
      : rawLineStart + this.#rawLength(raw.subarray(rawLineStart), offset - lineStart)
  }

  /** Offset of the last newline that ends at or before `end`, or -1. */
  #newlineBefore(raw: Buffer, end: number): number {
    const unit = this.#newline.length
    let at = end - unit
    do {
      at = at < 0 ? -1 : raw.lastIndexOf(this.#newline, at)
    } while (at >= 0 && at % unit !== 0 && at-- >= 0)
    return at
  }

  /** Raw bytes of the first `length` bytes of text: only for a line that was cut because it is too long. */
  #rawLength(raw: Buffer, length: number): number {
    let low = 0
    let high = raw.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#decode(raw.subarray(0, middle), false).length >= length) high = middle
      else low = middle + 1
    }
    return low
  }
}
