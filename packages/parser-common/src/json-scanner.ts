import { Cell, kindOf, type Layout, type LogBatch } from '@weir/sdk'
import { closeBrace, colon, comma, minus, newline, nine, openBrace, openBracket, quote, space, zero } from './byte.ts'
import { afterSpace, endOfNested, endOfNumber, endOfString, endOfWord, invalid } from './json-syntax.ts'
import type { Kernels } from './kernels/kernels.ts'
import type { Key, KeyTable } from './key-table.ts'
import type { KeyedColumns } from './keyed-columns.ts'
import type { LineScanner } from './line-scanner.ts'
import { kernels, page } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'
import { Role } from './well-known-keys.ts'

const bytes = page

const unescaped = (text: string): string => JSON.parse(`"${text}"`)
const asItIs = (text: string): string => text

/** The keys that the kernel knows, by the number that it gives them, and whose they are. */
let known: (Key | undefined)[] = []
let knownOf: KeyTable | undefined
let knownCount = 0

/** The keys of a table by the kernel's numbers, after making the new ones known to it. */
function knownKeys(kernel: Kernels, { keys, fields }: KeyedColumns): readonly (Key | undefined)[] {
  if (knownOf !== keys) {
    kernel.forgetKeys(fields.slots)
    known = []
    knownOf = keys
    knownCount = 0
  }
  const { found } = keys
  for (; knownCount < found.length; knownCount++) {
    const key = found[knownCount]
    if (key === undefined) break
    const isPlain = key.role === Role.ATTRIBUTE
    const role = key.role === Role.BODY && fields.chomps ? 0 : key.role
    const number = kernel.addKey(key.raw, isPlain ? key.slot : ~role)
    if (number > 0) known[number] = key
  }
  return known
}

/** Makes the words for severities known that the kernel has left to JavaScript. */
function learnSeverities(kernel: Kernels, batch: LogBatch, firstRow: number, keys: readonly (Key | undefined)[]): void {
  const { places, placements } = kernel
  for (let at = 0; at < placements * 4; at += 4) {
    const b = places[at + 3] ?? Cell.ABSENT
    if (keys[places[at + 1] ?? 0]?.role !== Role.SEVERITY || kindOf(b) !== Cell.STRING) continue
    const a = places[at + 2] ?? 0
    const severity = batch.severityNumber[firstRow + (places[at] ?? 0)] ?? 0
    // Copied first: the kernel takes the word where it has left the places.
    if (severity === 0 || b - a > 16) continue
    kernel.addSeverity(bytes.slice(a, b), severity)
    return
  }
}

/**
 * NDJSON: one object a line, checked as strictly as `JSON.parse` does. Values are ranges of the bytes, made when someone
 * reads them; objects and arrays below the first level stay JSON until then.
 */
export class JsonScanner implements LineScanner {
  readonly #columns: KeyedColumns
  readonly #kernels: Kernels | undefined

  /** @param kernel `false` does without WebAssembly; the records are the same */
  constructor(columns: KeyedColumns, kernel = true) {
    this.#columns = columns
    this.#kernels = kernel ? kernels : undefined
  }

  get layout(): Layout {
    return this.#columns.layout
  }

  scan(from: number, to: number, batch: LogBatch): number {
    const kernel = this.#kernels
    if (kernel === undefined) return this.#scan(from, to, batch)
    let at = from
    while (at < to && !batch.isFull) {
      const keys = knownKeys(kernel, this.#columns)
      if (batch.stride < batch.layout.size) batch.widen()
      const firstRow = batch.rowCount
      at = kernel.json(at, to, batch)
      this.#columns.placeAll(batch, firstRow, kernel.places, kernel.placements, keys)
      learnSeverities(kernel, batch, firstRow, keys)
      // A line with a new key, or that is no object.
      if (kernel.isAtOther && !batch.isFull) at = this.#scan(at, endOfLine(at) + 1, batch)
    }
    return at
  }

  #scan(from: number, to: number, batch: LogBatch): number {
    let start = from
    while (start < to && !batch.isFull) {
      if (bytes[start] === newline) {
        start++
        continue
      }
      const row = this.#columns.begin(batch, start)
      let end = this.#readObject(start, batch, row)
      if (end < 0) {
        end = endOfLine(start)
        this.#columns.refuse(batch, row, contentEnd(start, end))
      } else {
        this.#columns.end(batch, row, contentEnd(start, end))
      }
      start = end + 1
    }
    return start
  }

  /** Reads an object into a row; returns the offset of the newline after it, or -1 if there is no object. */
  #readObject(start: number, batch: LogBatch, row: number): number {
    const columns = this.#columns
    const { keys } = columns
    let i = afterSpace(start)
    if (bytes[i] !== openBrace) return -1
    i++
    if (bytes[i] !== quote) i = afterSpace(i)
    let previous: Key = keys.start
    let hasMore = bytes[i] !== closeBrace
    while (hasMore) {
      if (bytes[i] !== quote) return -1
      const expected = previous.next
      let end: number
      let key: Key
      if (expected?.isAt(i + 1) && bytes[i + 1 + expected.length] === quote) {
        key = expected
        end = i + 1 + expected.length
      } else {
        end = endOfString(i + 1)
        if (end === invalid) return -1
        const hasEscapes = end < 0
        if (hasEscapes) end = ~end
        key = keys.find(i + 1, end, previous, hasEscapes ? unescaped : asItIs)
      }
      previous = key
      i = end + 1
      if (bytes[i] !== colon) {
        i = afterSpace(i)
        if (bytes[i] !== colon) return -1
      }
      let byte = bytes[++i] ?? 0
      if (byte <= space) {
        i = afterSpace(i)
        byte = bytes[i] ?? 0
      }
      let a = i
      let b: number
      if (byte === quote) {
        a = i + 1
        end = endOfString(a)
        b = end < 0 ? ~end | Cell.ESCAPED : end
        if (end === invalid) return -1
        i = (end < 0 ? ~end : end) + 1
      } else if (byte === openBrace || byte === openBracket) {
        i = endOfNested(i)
        b = i | Cell.JSON
      } else if (byte === minus || (byte >= zero && byte <= nine)) {
        i = endOfNumber(i)
        b = i | Cell.NUMBER
      } else {
        i = endOfWord(i)
        a = byte === 0x74 ? 1 : 0
        b = byte === 0x6e ? Cell.NULL : Cell.BOOLEAN
      }
      if (i === invalid) return -1

      columns.set(batch, row, key, a, b)
      if (bytes[i] === comma) {
        i++
        if (bytes[i] !== quote) i = afterSpace(i)
      } else {
        i = afterSpace(i)
        hasMore = bytes[i] === comma
        if (hasMore) i = afterSpace(i + 1)
        else if (bytes[i] !== closeBrace) return -1
      }
    }
    i = afterSpace(i + 1)
    return bytes[i] === newline ? i : -1
  }
}
