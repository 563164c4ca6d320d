import type { Record, TimestampReader } from '@weir/sdk'
import { plainValue } from './plain-value.ts'
import { severityOfText } from './severity-words.ts'
import { Role, type Roles } from './well-known-keys.ts'

/** A named part of a line. */
export interface NamedPart {
  readonly name: string
  /** What it is as an attribute; left out, that is told from how it looks. */
  readonly type?: 'string' | 'number' | undefined
}

interface Field extends NamedPart {
  /** Where its text stands among those of a line. */
  readonly index: number
  readonly attribute: string
}

/**
 * Puts the texts of a line's parts into a record: those whose names have a role where the role says, all others, and
 * those that make no sense in their role, into attributes.
 */
export class RecordFields {
  readonly #attributes: readonly Field[]
  /** Fields that have a role, by role; of each the one that ranks first first. */
  readonly #byRole: readonly (readonly [role: number, fields: readonly Field[]])[]
  readonly #time: TimestampReader
  #timeText = ''
  #timeMs = Number.NaN
  #remainder = 0

  constructor(parts: readonly NamedPart[], roles: Roles, time: TimestampReader) {
    this.#time = time
    const fields = parts.map((part, index) => ({ ...part, index, attribute: roles.attributeOf(part.name) }))
    const roleOf = ({ name }: NamedPart) => roles.of(name).role
    this.#attributes = fields.filter((field) => roleOf(field) === Role.ATTRIBUTE)
    this.#byRole = Object.values(Role)
      .filter((role) => role !== Role.ATTRIBUTE)
      .map((role) => {
        const ranked = fields.filter((field) => roleOf(field) === role)
        return [role, ranked.sort((one, other) => roles.of(one.name).rank - roles.of(other.name).rank)] as const
      })
      .filter(([, ranked]) => ranked.length > 0)
  }

  /** @param texts of the parts, in their order, from `offset` on; `undefined` for a part that the line does not have */
  set(record: Record, texts: { readonly [index: number]: string | undefined }, offset = 0): void {
    for (const [role, fields] of this.#byRole) {
      let isTaken = false
      for (const field of fields) {
        const text = texts[field.index + offset]
        if (text === undefined) continue
        if (!isTaken && this.#take(record, role, text)) isTaken = true
        else setAttribute(record, field, text)
      }
    }
    for (const field of this.#attributes) {
      const text = texts[field.index + offset]
      if (text !== undefined) setAttribute(record, field, text)
    }
  }

  /** Puts a text where its role says; `false` if it makes no sense there. */
  #take(record: Record, role: number, text: string): boolean {
    switch (role) {
      case Role.BODY:
        record.body = text
        return true
      case Role.TIME:
        return this.#takeTime(record, text)
      case Role.SEVERITY: {
        const severity = severityOfText(text)
        if (severity === 0) return false
        record.severityNumber = severity
        record.severityText = text
        return true
      }
      case Role.TRACE_ID:
        if (text.length !== 32) return false
        record.traceId = text
        return true
      default:
        if (text.length !== 16) return false
        record.spanId = text
        return true
    }
  }

  #takeTime(record: Record, text: string): boolean {
    if (text !== this.#timeText) {
      this.#timeText = text
      this.#timeMs = this.#time.parse(text)
      this.#remainder = this.#time.remainder
    }
    if (Number.isNaN(this.#timeMs)) return false
    record.time = this.#timeMs
    record.timeRemainder = this.#remainder
    return true
  }
}

function setAttribute(record: Record, { attribute, type }: Field, text: string): void {
  record.attributes.set(attribute, type === undefined ? plainValue(text) : type === 'number' ? numberOr(text) : text)
}

function numberOr(text: string): number | string {
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}
