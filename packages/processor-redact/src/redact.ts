import {
  type AttributeMap,
  type AttributeValue,
  attributeMap,
  bodySlot,
  Cell,
  type CompiledPattern,
  type Counter,
  defineProcessor,
  endOf,
  kindOf,
  type Layout,
  type LogBatch,
  lineSlot,
  Meter,
  Patterns,
  type Processor,
} from '@weir/sdk'
import { config, type RedactConfig } from './config.ts'
import { Findings } from './findings.ts'
import { Scanner } from './scanner.ts'
import { Substitute } from './substitute.ts'
import { ValueRedactor } from './value-redactor.ts'

interface WatchedColumn {
  readonly slot: number
  readonly isBlocked: boolean
}

/** Bytes beside which nothing that is looked for goes on: what is found in the line is what is found in the value. */
const neutral = new Uint8Array(256)
for (const byte of ' \t\r\n"\'`()[]{}<>,;=|&?') neutral[byte.charCodeAt(0)] = 1

/**
 * Scans each record's line once; the values that are ranges of it are looked at only where something was found. Values
 * that stand elsewhere are scanned by themselves.
 */
class RedactProcessor implements Processor {
  readonly #config: RedactConfig
  readonly #scanner: Scanner
  readonly #substitute: Substitute
  readonly #values: ValueRedactor
  readonly #keys: readonly CompiledPattern[]
  readonly #hasPatterns: boolean
  readonly #counter: Counter
  readonly #inLine = new Findings()
  readonly #inValue = new Findings()
  /** Attributes of whole batches, as they were and as they are then. */
  readonly #shared = new WeakMap<AttributeMap, AttributeMap>()
  #layout: Layout | undefined
  #columnCount = 0
  #columns: readonly WatchedColumn[] = []

  constructor(given: RedactConfig, patterns: Patterns, meter: Meter) {
    this.#config = given
    this.#scanner = new Scanner(given.kinds)
    this.#substitute = new Substitute(given)
    this.#keys = given.blocked_key_patterns.map((source) => patterns.compile(source))
    this.#hasPatterns = given.blocked_values.length > 0
    this.#values = new ValueRedactor({
      scanner: this.#scanner,
      substitute: this.#substitute,
      patterns: given.blocked_values.map((source) => patterns.compile(source)),
      isBlocked: (key) => this.#isBlocked(key),
    })
    this.#counter = meter.counter('weir_redact_redactions', { description: 'Texts redacted, by kind' })
  }

  process(batch: LogBatch): LogBatch {
    batch.attributes = this.#sharedAttributes(batch.attributes)
    const columns = this.#watched(batch.layout)
    for (let index = 0; index < batch.length; index++) this.#redactRow(batch, batch.rowAt(index), columns)
    for (const [kind, count] of this.#substitute.counts) this.#counter.add(count, { kind })
    this.#substitute.counts.clear()
    return batch
  }

  #redactRow(batch: LogBatch, row: number, columns: readonly WatchedColumn[]): void {
    const line = (row * batch.stride + lineSlot) * 2
    const lineEnd = kindOf(batch.cells[line + 1] ?? Cell.ABSENT) === Cell.STRING ? endOf(batch.cells[line + 1] ?? 0) : 0
    const lineStart = lineEnd === 0 ? 0 : (batch.cells[line] ?? 0)
    const found = this.#inLine
    found.clear()
    if (lineEnd > 0) this.#scanner.scan(batch.bytes, lineStart, lineEnd, found)
    const isLiteral = !this.#scanner.sawBackslash
    let isChanged = false
    for (const { slot, isBlocked } of columns) {
      if (slot >= batch.stride) continue
      const at = (row * batch.stride + slot) * 2
      const b = batch.cells[at + 1] ?? Cell.ABSENT
      if (b === Cell.ABSENT) continue
      const kind = kindOf(b)
      const start = batch.cells[at] ?? 0
      if (!isBlocked) {
        if (kind === Cell.INTEGER || kind === Cell.BOOLEAN || kind === Cell.NULL) continue
        const isInLine = kind !== Cell.VALUE && start >= lineStart && endOf(b) <= lineEnd
        if (isInLine && this.#isCovered(batch, kind, start, endOf(b), lineStart, lineEnd, isLiteral)) {
          if (!found.touch(start, endOf(b))) continue
          isChanged = true
          // Numbers are texts here: one with many digits is not what it says once it is a number.
          if (kind !== Cell.STRING && kind !== Cell.NUMBER && this.#redactCell(batch, row, slot, false)) continue
          batch.setValue(row, slot, this.#values.withSubstitutes(batch.bytes, start, endOf(b), found))
          continue
        }
        if (kind === Cell.STRING && !this.#hasPatterns) {
          this.#inValue.clear()
          this.#scanner.scan(batch.bytes, start, endOf(b), this.#inValue)
          if (this.#inValue.count === 0) continue
          batch.setValue(row, slot, this.#values.withSubstitutes(batch.bytes, start, endOf(b), this.#inValue))
          isChanged = true
          continue
        }
      }
      isChanged = this.#redactCell(batch, row, slot, isBlocked) || isChanged
    }
    // The line as it came would tell what was taken out.
    if (isChanged) batch.setValue(row, lineSlot, undefined)
  }

  /** Whether what was found in the line is all that there is in a value. */
  #isCovered(
    { bytes }: LogBatch,
    kind: number,
    start: number,
    end: number,
    lineStart: number,
    lineEnd: number,
    isLiteral: boolean,
  ): boolean {
    if (this.#hasPatterns || (kind !== Cell.STRING && !isLiteral)) return false
    // Keys of maps may be blocked.
    if (this.#keys.length > 0 && (kind === Cell.JSON || kind === Cell.STRUCTURED_DATA)) return false
    if (kind === Cell.NUMBER) return true
    return (
      (start === lineStart || neutral[bytes[start - 1] ?? 0] === 1) &&
      (end === lineEnd || neutral[bytes[end] ?? 0] === 1)
    )
  }

  #redactCell(batch: LogBatch, row: number, slot: number, isBlocked: boolean): boolean {
    const value = batch.value(row, slot)
    if (value === undefined) return false
    const redacted: AttributeValue | undefined = isBlocked ? this.#values.blocked(value) : this.#values.redact(value)
    if (redacted === value) return false
    batch.setValue(row, slot, redacted)
    return true
  }

  #watched(layout: Layout): readonly WatchedColumn[] {
    if (layout === this.#layout && layout.size === this.#columnCount) return this.#columns
    const { fields, ignored_keys: ignored } = this.#config
    this.#layout = layout
    this.#columnCount = layout.size
    const attributes = layout.attributes
      .filter(({ name }) => !ignored.includes(name))
      .map(({ slot, name }) => ({ slot, isBlocked: this.#isBlocked(name) }))
    this.#columns = [
      ...(fields.includes('body') ? [{ slot: bodySlot, isBlocked: false }] : []),
      ...(fields.includes('attributes') ? attributes : []),
    ]
    return this.#columns
  }

  #sharedAttributes(attributes: AttributeMap): AttributeMap {
    if (!this.#config.fields.includes('attributes')) return attributes
    const known = this.#shared.get(attributes)
    if (known !== undefined) return known
    const entries = Object.entries(attributes).flatMap(([name, value]): [string, AttributeValue][] => {
      if (this.#config.ignored_keys.includes(name)) return [[name, value]]
      const redacted = this.#isBlocked(name) ? this.#values.blocked(value) : this.#values.redact(value)
      return redacted === undefined ? [] : [[name, redacted]]
    })
    const redacted = Object.freeze(attributeMap(entries))
    this.#shared.set(attributes, redacted)
    return redacted
  }

  #isBlocked(key: string): boolean {
    return this.#keys.some((pattern) => pattern.test(key))
  }
}

export const redact = defineProcessor({
  type: 'redact',
  description: 'Takes card numbers, addresses, tokens and what patterns say out of bodies and attributes',
  stability: 'beta',
  config,
  mutates: true,
  inject: { patterns: Patterns, meter: Meter },
  create: ({ config: given, patterns, meter }) => new RedactProcessor(given, patterns, meter),
})
