import type { Buffer } from 'node:buffer'
import { MalformedError, maxDepth } from './malformed.ts'

/** A message of the schema: which of its fields are messages, too. All other fields are passed over by their wire type. */
class Shape {
  readonly name: string
  /** By field number. */
  readonly parts: (Shape | undefined)[] = []

  constructor(name: string) {
    this.name = name
  }

  has(field: number, part: Shape): this {
    this.parts[field] = part
    return this
  }
}

const anyValue = new Shape('AnyValue')
const keyValue = new Shape('KeyValue').has(2, anyValue)
anyValue.has(5, new Shape('ArrayValue').has(1, anyValue)).has(6, new Shape('KeyValueList').has(1, keyValue))
const logRecord = new Shape('LogRecord').has(5, anyValue).has(6, keyValue)
const scopeLogs = new Shape('ScopeLogs').has(1, new Shape('InstrumentationScope').has(3, keyValue)).has(2, logRecord)
const resourceLogs = new Shape('ResourceLogs').has(1, new Shape('Resource').has(1, keyValue)).has(2, scopeLogs)
const request = new Shape('ExportLogsServiceRequest').has(1, resourceLogs)

/** Messages within each other, for values of `maxDepth`: each level of a map is an AnyValue, a KeyValueList and a KeyValue. */
const maxMessages = 6 + 3 * maxDepth

/**
 * Looks whether bytes are an `ExportLogsServiceRequest`, to the last of its messages, so that nothing is taken of a
 * request that is damaged further on, and so that the decoder need not look again.
 * @returns how many log records it has
 * @throws MalformedError
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function checkRequest(bytes: Buffer): number {
  const check = new RequestCheck(bytes)
  check.message(request, 0, bytes.length, 0)
  return check.records
}

class RequestCheck {
  records = 0
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  message(shape: Shape, from: number, to: number, depth: number): void {
    if (depth > maxMessages) throw new MalformedError(`values are nested more than ${maxDepth} levels deep`)
    if (shape === logRecord) this.records++
    const { parts } = shape
    this.#at = from
    while (this.#at < to) {
      const tag = this.#varint(to, shape)
      const field = Math.floor(tag / 8)
      if (field === 0 || tag > 0xffff_ffff) throw this.#fault(shape, 'there is no field of that number')
      if ((tag & 7) !== 2) {
        this.#pass(tag, to, shape, 0)
        continue
      }
      const length = this.#varint(to, shape)
      const start = this.#at
      const end = start + length
      if (end > to) throw this.#fault(shape, `field ${field} ends ${end - to} bytes after its message`)
      const part = parts[field]
      if (part !== undefined) this.message(part, start, end, depth + 1)
      this.#at = end
    }
  }

  /** Passes over a field whose tag has been read. */
  #pass(tag: number, to: number, shape: Shape, depth: number): void {
    switch (tag & 7) {
      case 0:
        this.#varint(to, shape)
        return
      case 1:
        this.#at += 8
        break
      case 2: {
        const length = this.#varint(to, shape)
        this.#at += length
        break
      }
      case 3:
        this.#group(tag, to, shape, depth + 1)
        return
      case 5:
        this.#at += 4
        break
      default:
        throw this.#fault(shape, `wire type ${tag & 7} does not exist or ends a group that was not begun`)
    }
    if (this.#at > to) throw this.#fault(shape, `field ${tag >>> 3} ends after its message`)
  }

  /** A group: what proto2 had in place of messages. No field of OTLP is one, so it is an unknown field. */
  #group(start: number, to: number, shape: Shape, depth: number): void {
    if (depth > maxDepth) throw this.#fault(shape, 'groups are nested too deep')
    for (;;) {
      const tag = this.#varint(to, shape)
      if ((tag & 7) === 4) {
        if (tag >>> 3 !== start >>> 3) throw this.#fault(shape, 'a group ends that was not begun')
        return
      }
      this.#pass(tag, to, shape, depth)
    }
  }

  #varint(to: number, shape: Shape): number {
    const bytes = this.#bytes
    let at = this.#at
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      if (at >= to) throw this.#fault(shape, 'it ends within a number')
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.#at = at
        return value
      }
      scale *= 128
    }
    throw this.#fault(shape, 'a number has more than ten bytes')
  }

  #fault({ name }: Shape, why: string): MalformedError {
    return new MalformedError(`no valid protobuf at byte ${this.#at}, in ${name}: ${why}`)
  }
}
