import type { AttributeMap, AttributeValue } from '@weir/sdk'
import type { BackwardWriter } from './backward-writer.ts'

const varint = 0
const fixed64 = 1
const delimited = 2

/** The tag of a field of a message: a single byte, since no number here is above 15. */
export const tagOf = (field: number, wire: number): number => field * 8 + wire

/** Tags of `AnyValue`. */
export const AnyValue = {
  STRING: tagOf(1, delimited),
  BOOL: tagOf(2, varint),
  INT: tagOf(3, varint),
  DOUBLE: tagOf(4, fixed64),
  ARRAY: tagOf(5, delimited),
  MAP: tagOf(6, delimited),
} as const

/** Tags of `KeyValue`. */
export const KeyValue = { KEY: tagOf(1, delimited), VALUE: tagOf(2, delimited) } as const
const values = tagOf(1, delimited)

/** Levels of lists and maps beyond which a value is written as null: receivers refuse a request that is nested deeper. */
const maxDepth = 32

/** The content of an `AnyValue`: nothing for null. A whole number that is exact is an integer, any other a double. */
export function writeValue(writer: BackwardWriter, value: AttributeValue | undefined, depth = 0): void {
  switch (typeof value) {
    case 'string':
      writer.textField(AnyValue.STRING, value)
      break
    case 'number':
      writeNumber(writer, value)
      break
    case 'boolean':
      writer.byte(value ? 1 : 0)
      writer.byte(AnyValue.BOOL)
      break
    case 'object':
      if (value !== null && depth < maxDepth) writeNested(writer, value, depth)
      break
  }
}

export function writeNumber(writer: BackwardWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    writer.int64(value)
    writer.byte(AnyValue.INT)
  } else {
    writer.double(value)
    writer.byte(AnyValue.DOUBLE)
  }
}

function writeNested(writer: BackwardWriter, value: AttributeValue[] | AttributeMap, depth: number): void {
  const { length } = writer
  if (Array.isArray(value)) {
    for (let index = value.length - 1; index >= 0; index--) {
      const before = writer.length
      writeValue(writer, value[index], depth + 1)
      writer.message(values, before)
    }
    writer.message(AnyValue.ARRAY, length)
  } else {
    writePairs(writer, values, Object.entries(value), depth + 1)
    writer.message(AnyValue.MAP, length)
  }
}

/** `KeyValue` messages with this tag. */
export function writePairs(
  writer: BackwardWriter,
  tag: number,
  entries: readonly (readonly [string, AttributeValue])[],
  depth = 0,
): void {
  for (let index = entries.length - 1; index >= 0; index--) {
    const [key = '', value = null] = entries[index] ?? []
    const before = writer.length
    writeValue(writer, value, depth)
    writer.message(KeyValue.VALUE, before)
    writer.textField(KeyValue.KEY, key)
    writer.message(tag, before)
  }
}
