import type { Record, TimestampReader } from '@weir/sdk'
import { plainValue } from './plain-value.ts'
import { severityOfText } from './severity-words.ts'
import { Role, type Roles } from './well-known-keys.ts'

/** A named part of a line. */
export interface NamedText {
  readonly name: string
  readonly text: string
  /** What it is as an attribute; left out, that is told from how it looks. */
  readonly type?: 'string' | 'number' | undefined
}

/**
 * Puts named texts into a record: those whose names have a role where the role says, all others, and those that make no
 * sense in their role, into attributes.
 */
export class RecordFields {
  readonly #roles: Roles
  readonly #time: TimestampReader

  constructor(roles: Roles, time: TimestampReader) {
    this.#roles = roles
    this.#time = time
  }

  set(record: Record, parts: readonly NamedText[]): void {
    const taken: (number | undefined)[] = []
    // The ranks of a role's names say which one is taken, so that is known first.
    for (const { name, text } of parts) {
      const { role, rank } = this.#roles.of(name)
      if (role !== Role.ATTRIBUTE && rank < (taken[role] ?? 255) && this.#fits(role, text)) taken[role] = rank
    }
    for (const { name, text, type } of parts) {
      const { role, rank } = this.#roles.of(name)
      if (role !== Role.ATTRIBUTE && taken[role] === rank && this.#fits(role, text)) this.#take(record, role, text)
      else record.attributes.set(this.#roles.attributeOf(name), typedValue(text, type))
    }
  }

  #fits(role: number, text: string): boolean {
    switch (role) {
      case Role.TIME:
        return !Number.isNaN(this.#time.parse(text))
      case Role.SEVERITY:
        return severityOfText(text) !== 0
      case Role.TRACE_ID:
        return text.length === 32
      case Role.SPAN_ID:
        return text.length === 16
      default:
        return true
    }
  }

  #take(record: Record, role: number, text: string): void {
    switch (role) {
      case Role.BODY:
        record.body = text
        break
      case Role.TIME:
        record.time = this.#time.parse(text)
        record.timeRemainder = this.#time.remainder
        break
      case Role.SEVERITY:
        record.severityNumber = severityOfText(text)
        record.severityText = text
        break
      case Role.TRACE_ID:
        record.traceId = text
        break
      default:
        record.spanId = text
    }
  }
}

function typedValue(text: string, type: NamedText['type']): string | number | boolean {
  if (type === undefined) return plainValue(text)
  const number = type === 'number' ? Number(text) : Number.NaN
  return Number.isFinite(number) ? number : text
}
