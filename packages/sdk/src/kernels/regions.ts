/** Copies and searches read and write a little more than they are for. */
const slack = 64
const pageBytes = 65_536

/** The memory of a kernel, one part after the other. */
export class Regions {
  #at: number

  /** @param from the first address that is free */
  constructor(from: number) {
    this.#at = from
  }

  /** The address of a part of so many bytes. */
  take(bytes: number): number {
    const at = (this.#at + 15) & ~15
    this.#at = at + bytes + slack
    return at
  }

  /** Makes the memory as large as its parts are. */
  grow(memory: WebAssembly.Memory): void {
    const missing = Math.ceil((this.#at - memory.buffer.byteLength) / pageBytes)
    if (missing > 0) memory.grow(missing)
  }
}
