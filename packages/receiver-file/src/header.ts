import type { Buffer } from 'node:buffer'
import { type AttributeMap, type AttributeValue, attributeMap, type CompiledPattern } from '@weir/sdk'
import type { TextEncoding } from './text-encoding.ts'

/** Bytes at the beginning of a file that are looked at for its header. */
export const maxHeaderLength = 64 << 10

/** The lines at the beginning of a file that tell of the file. */
export interface Header {
  /** Offset after its last line. */
  readonly end: number
  readonly attributes: AttributeMap
}

const newline = 10

/** What a line of a header looks like; its named groups become attributes of every record of the file. */
export class HeaderPattern {
  readonly #pattern: CompiledPattern
  readonly #encoding: TextEncoding

  constructor(pattern: CompiledPattern, encoding: TextEncoding) {
    this.#pattern = pattern
    this.#encoding = encoding
  }

  /**
   * @param head the file's first bytes, `maxHeaderLength` at most
   * @param isEnd a last line without an end counts as a line
   * @returns `undefined` while the header may go on
   */
  read(head: Buffer, isEnd: boolean): Header | undefined {
    const begin = this.#encoding.byteOrderMark(head, 0, head.length)
    const raw = head.subarray(begin)
    const text = this.#encoding.isUtf8
      ? { bytes: raw, rawOffset: (offset: number) => offset }
      : this.#encoding.decode(raw, isEnd)
    const { bytes } = text
    const entries: [string, AttributeValue][] = []
    const header = (end: number): Header => ({
      end: end === 0 ? 0 : begin + text.rawOffset(end),
      attributes: attributeMap(entries),
    })
    for (let at = 0; at < bytes.length; ) {
      const found = bytes.indexOf(newline, at)
      if (found < 0 && !isEnd) return head.length < maxHeaderLength ? undefined : header(at)
      const end = found < 0 ? bytes.length : found
      const match = this.#pattern.exec(bytes.toString('utf8', at, bytes[end - 1] === 13 ? end - 1 : end))
      if (match === null) return header(at)
      for (const [name, value] of Object.entries(match.groups ?? {})) {
        if (value !== undefined) entries.push([name, value])
      }
      at = found < 0 ? end : end + 1
      if (found < 0) return header(at)
    }
    return undefined
  }
}
