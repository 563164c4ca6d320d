import { Buffer } from 'node:buffer'
import { type AttributeMap, type AttributeValue, attributeMap, type CompiledPattern, textOf } from '@weir/sdk'
import { Findings } from './findings.ts'
import { kinds } from './kind.ts'
import type { Scanner } from './scanner.ts'
import type { Substitute } from './substitute.ts'

/** Digits that a number must have to be one of a card. */
const leastOfCard = 1e11

export interface ValueRedactorOptions {
  readonly scanner: Scanner
  readonly substitute: Substitute
  readonly patterns: readonly CompiledPattern[]
  readonly isBlocked: (key: string) => boolean
}

/** Redacts values: texts, numbers, and what is in lists and maps. A value with nothing in it comes back as it is. */
export class ValueRedactor {
  readonly #options: ValueRedactorOptions
  readonly #findings = new Findings()
  #bytes = Buffer.allocUnsafe(4096)

  constructor(options: ValueRedactorOptions) {
    this.#options = options
  }

  redact(value: AttributeValue): AttributeValue {
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number') return Math.abs(value) < leastOfCard ? value : this.#number(value)
    if (typeof value !== 'object' || value === null) return value
    return Array.isArray(value) ? this.#list(value) : this.#map(value)
  }

  /** What becomes of a value whose key is blocked; `undefined` if it goes. */
  blocked(value: AttributeValue): AttributeValue | undefined {
    const { substitute } = this.#options
    const replaced = substitute.for(textOf(value), 'key')
    return substitute.removes ? undefined : replaced
  }

  text(text: string): string {
    if (text.length * 3 > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(text.length * 3)
    const length = this.#bytes.write(text)
    const findings = this.#findings
    findings.clear()
    this.#options.scanner.scan(this.#bytes, 0, length, findings)
    const scanned = findings.count === 0 ? text : this.withSubstitutes(this.#bytes, 0, length, findings)
    return this.byPatterns(scanned)
  }

  /** The text `from`…`to` with what was found there, or reaches into it, replaced. */
  withSubstitutes(bytes: Buffer, from: number, to: number, findings: Findings): string {
    const { substitute } = this.#options
    let text = ''
    let at = from
    for (let index = 0; index < findings.count; index++) {
      const start = Math.max(from, findings.starts[index] ?? 0)
      const end = Math.min(to, findings.ends[index] ?? 0)
      if (start >= end) continue
      const kind = kinds[findings.kinds[index] ?? 0] ?? 'token'
      text += bytes.toString('utf8', at, start) + substitute.for(bytes.toString('utf8', start, end), kind)
      at = end
    }
    return text + bytes.toString('utf8', at, to)
  }

  byPatterns(text: string): string {
    let redacted = text
    for (const pattern of this.#options.patterns) redacted = this.#byPattern(redacted, pattern)
    return redacted
  }

  #byPattern(text: string, pattern: CompiledPattern): string {
    if (!pattern.test(text)) return text
    let done = ''
    let rest = text
    for (;;) {
      const match = pattern.exec(rest)
      if (match === null || match[0] === '') return done + rest
      done += rest.slice(0, match.index) + this.#options.substitute.for(match[0], 'pattern')
      rest = rest.slice(match.index + match[0].length)
      // What is tied to the beginning has had it.
      if (pattern.source.startsWith('^')) return done + rest
    }
  }

  #number(value: number): AttributeValue {
    const text = String(value)
    const redacted = this.text(text)
    return redacted === text ? value : redacted
  }

  #list(list: AttributeValue[]): AttributeValue[] {
    const redacted = list.map((item) => this.redact(item))
    return redacted.some((item, index) => item !== list[index]) ? redacted : list
  }

  #map(map: AttributeMap): AttributeMap {
    const redacted = attributeMap()
    let isChanged = false
    for (const [key, value] of Object.entries(map)) {
      const kept = this.#options.isBlocked(key) ? this.blocked(value) : this.redact(value)
      if (kept !== undefined) redacted[key] = kept
      isChanged ||= kept !== value
    }
    return isChanged ? redacted : map
  }
}
