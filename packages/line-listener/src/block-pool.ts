import { Buffer } from 'node:buffer'

/** Blocks beyond which the garbage collector has them. */
const maxIdle = 16

/** Buffers to be filled again: fresh ones of this size would be cleared page by page by the kernel. */
export class BlockPool {
  readonly #size: number
  readonly #idle: Buffer[] = []

  constructor(size: number) {
    this.#size = size
  }

  take(minBytes: number): Buffer {
    if (minBytes > this.#size) return Buffer.allocUnsafeSlow(minBytes)
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.#size)
  }

  give(block: Buffer): void {
    if (block.length === this.#size && this.#idle.length < maxIdle) this.#idle.push(block)
  }
}
