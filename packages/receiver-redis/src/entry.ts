import { Buffer } from 'node:buffer'

/** An entry of a stream. */
export interface Entry {
  readonly stream: string
  readonly id: string
  /** Empty for an entry that was deleted before it was acknowledged. */
  readonly fields: ReadonlyMap<string, Buffer>
}

/** Names an entry in all streams. */
export const keyOf = ({ stream, id }: Pick<Entry, 'stream' | 'id'>): string => `${stream} ${id}`

const isList = (value: unknown): value is unknown[] => Array.isArray(value)
const textOf = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString() : String(value))

/** The entries of one stream: `[[id, [name, value, …]], …]`. */
export function entriesOf(stream: string, reply: unknown): Entry[] {
  if (!isList(reply)) return []
  return reply.filter(isList).map(([id, flat]) => {
    const fields = new Map<string, Buffer>()
    const parts = isList(flat) ? flat : []
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const value = parts[at + 1]
      fields.set(textOf(parts[at]), Buffer.isBuffer(value) ? value : Buffer.from(String(value)))
    }
    return { stream, id: textOf(id), fields }
  })
}

/** The entries of several streams, as `XREADGROUP` answers: `[[stream, entries], …]`, or nothing. */
export const entriesOfStreams = (reply: unknown): Entry[] =>
  isList(reply) ? reply.filter(isList).flatMap(([stream, entries]) => entriesOf(textOf(stream), entries)) : []

/** Bytes of an entry, about. */
export function bytesOf({ fields }: Entry): number {
  let sum = 0
  for (const value of fields.values()) sum += value.length
  return sum
}

/** What is in an entry: its body, or all of its fields as one JSON object. */
export function payloadOf({ fields }: Entry, bodyKey: string): Buffer {
  const body = fields.get(bodyKey)
  if (body !== undefined) return body
  return Buffer.from(
    JSON.stringify(Object.fromEntries(Array.from(fields, ([name, value]) => [name, value.toString()]))),
  )
}
