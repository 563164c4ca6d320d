import { Buffer } from 'node:buffer'

/** Buffers beyond which the memory is let go. */
const maxIdle = 32
/** Buffers are made larger than asked for, so that the next entry, which is never quite as long, fits. */
const growth = 1.25

/** Memory of entries, used again: a mebibyte for each batch keeps the garbage collector busier than all else. */
export class EntryMemory {
  readonly #idle: ArrayBuffer[] = []

  /** A buffer that begins with its memory. */
  readonly take = (bytes: number): Buffer<ArrayBuffer> => {
    // The last that was given back is still in the processor's cache.
    const index = this.#idle.findLastIndex(({ byteLength }) => byteLength >= bytes && byteLength <= bytes * 4)
    const [memory] = index < 0 ? [] : this.#idle.splice(index, 1)
    return Buffer.from(memory ?? new ArrayBuffer(Math.ceil(bytes * growth)), 0, bytes)
  }

  /** Nobody looks at the buffer any more. */
  give({ buffer }: Buffer<ArrayBuffer>): void {
    if (this.#idle.length < maxIdle) this.#idle.push(buffer)
  }
}
