import { Buffer } from 'node:buffer'

/** 2¹⁰ registers: right to 3 %, in one kilobyte. */
const precision = 10
const registers = 1 << precision
const alpha = 0.7213 / (1 + 1.079 / registers)

/**
 * Counts different values in constant memory.
 * @see Flajolet et al., "HyperLogLog", 2007; small counts by linear counting
 */
export class DistinctSketch {
  readonly #ranks = new Uint8Array(registers)

  add(text: string): void {
    const hash = hashOf(text)
    const register = hash >>> (32 - precision)
    const rank = Math.min(Math.clz32(hash << precision), 32 - precision) + 1
    if (rank > (this.#ranks[register] ?? 0)) this.#ranks[register] = rank
  }

  merge(other: DistinctSketch): void {
    for (const [register, rank] of other.#ranks.entries()) {
      if (rank > (this.#ranks[register] ?? 0)) this.#ranks[register] = rank
    }
  }

  get count(): number {
    let sum = 0
    let empty = 0
    for (const rank of this.#ranks) {
      sum += 2 ** -rank
      if (rank === 0) empty++
    }
    const estimate = (alpha * registers * registers) / sum
    const isSmall = estimate <= 2.5 * registers && empty > 0
    return Math.round(isSmall ? registers * Math.log(registers / empty) : estimate)
  }

  snapshot(): string {
    return Buffer.from(this.#ranks).toString('base64')
  }

  static from(text: string): DistinctSketch {
    const sketch = new DistinctSketch()
    sketch.#ranks.set(Buffer.from(text, 'base64').subarray(0, registers))
    return sketch
  }
}

/** FNV-1a with the finish of MurmurHash3, so that all bits depend on all characters. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
