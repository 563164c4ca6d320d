import { type AttributeMap, type AttributeValue, attributeMap } from '@weir/sdk'
import { tagOf, Wire, type WireReader } from './wire-reader.ts'

/** Tags of `AnyValue`. */
export const AnyValue = {
  STRING: tagOf(1, Wire.DELIMITED),
  BOOL: tagOf(2, Wire.VARINT),
  INT: tagOf(3, Wire.VARINT),
  DOUBLE: tagOf(4, Wire.FIXED64),
  ARRAY: tagOf(5, Wire.DELIMITED),
  MAP: tagOf(6, Wire.DELIMITED),
  BYTES: tagOf(7, Wire.DELIMITED),
} as const

const values = tagOf(1, Wire.DELIMITED)
const key = tagOf(1, Wire.DELIMITED)
const value = tagOf(2, Wire.DELIMITED)

/**
 * The value of the `AnyValue` in `from`…`to`; an empty one is null. Bytes become base64, as in OTLP/JSON; integers that
 * JavaScript's numbers cannot hold become their digits.
 */
export function readValue(wire: WireReader, from: number, to: number): AttributeValue {
  const { bytes, view } = wire
  let result: AttributeValue = null
  for (let at = from; at < to; ) {
    const tag = bytes[at] ?? 0
    if (tag === AnyValue.BOOL || tag === AnyValue.INT) {
      wire.long(at + 1)
      at = wire.at
      const { number } = wire
      if (tag === AnyValue.BOOL) result = number !== 0
      else result = Number.isSafeInteger(number) ? number : wire.digits
    } else if (tag === AnyValue.DOUBLE) {
      result = view.getFloat64(at + 1, true)
      at += 9
    } else if ((tag & 7) === Wire.DELIMITED && tag <= AnyValue.BYTES) {
      const length = wire.integer(at + 1)
      const start = wire.at
      at = start + length
      if (tag === AnyValue.STRING) result = wire.text(start, at)
      else if (tag === AnyValue.BYTES) result = bytes.toString('base64', start, at)
      else if (tag === AnyValue.ARRAY)
        result = Array.from(wire.parts(start, at, values), ([one, end]) => readValue(wire, one, end))
      else if (tag === AnyValue.MAP) result = readPairs(wire, start, at, values)
    } else {
      at = wire.pass(at)
    }
  }
  return result
}

/** The map of all `KeyValue` fields with this tag in `from`…`to`. */
export function readPairs(
  wire: WireReader,
  from: number,
  to: number,
  tag: number,
  map: AttributeMap = attributeMap(),
): AttributeMap {
  for (const [start, end] of wire.parts(from, to, tag)) {
    let name = ''
    let content: AttributeValue = null
    for (const [keyStart, keyEnd] of wire.parts(start, end, key)) name = wire.text(keyStart, keyEnd)
    for (const [valueStart, valueEnd] of wire.parts(start, end, value)) content = readValue(wire, valueStart, valueEnd)
    map[name] = content
  }
  return map
}
