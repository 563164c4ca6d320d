import { Buffer } from 'node:buffer'

/**
 * The partition of a key: FNV-1a of 32 bits over its UTF-8, modulo how many there are. The same as the `partition()` of
 * NATS subject mappings, and for ever: what is stored by it must be found again.
 * @see https://datatracker.ietf.org/doc/draft-eastlake-fnv/
 */
export function partitionOf(key: string, count: number): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0) % count
}
