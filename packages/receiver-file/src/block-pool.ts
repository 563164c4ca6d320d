import { Buffer } from 'node:buffer'

/** Bytes that one read asks for: fewer cost more calls, more leave the processor's cache. */
export const blockSize = 1 << 20
/** Room before them for what the last read left over. */
export const headroom = 64 << 10

/** Blocks that are read into or on their way: one read, one parsed, two further down. */
const maxBlocks = 4
/** Bytes of copies that may be on their way beside the blocks. */
const maxLent = 4 << 20

/** Memory on loan: `release` once nobody reads it any more. */
export interface Loan {
  readonly bytes: Buffer
  release(): void
}

/** The receiver's memory: a few blocks, used again and again, and an allowance for small copies. */
export class BlockPool {
  readonly #free: Buffer[] = []
  readonly #waiting: ((loan: Loan | undefined) => void)[] = []
  #made = 0
  #lent = 0
  #isClosed = false

  /** A block, in the order of asking; `undefined` once the pool is closed. */
  take(): Promise<Loan | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#serve()
    })
  }

  /** A buffer of its own size, which counts while it is out: lines that trickle in must not hold a block each. */
  lend(bytes: number): Loan {
    this.#lent += bytes
    return once(Buffer.allocUnsafeSlow(bytes), () => {
      this.#lent -= bytes
      this.#serve()
    })
  }

  /** Lets nobody wait any longer. */
  close(): void {
    this.#isClosed = true
    this.#serve()
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      if (this.#isClosed) {
        for (const resolve of this.#waiting.splice(0)) resolve(undefined)
        return
      }
      if (this.#lent >= maxLent || (this.#free.length === 0 && this.#made === maxBlocks)) return
      const block = this.#free.pop() ?? this.#make()
      const release = () => {
        this.#free.push(block)
        this.#serve()
      }
      this.#waiting.shift()?.(once(block, release))
    }
  }

  #make(): Buffer {
    this.#made++
    return Buffer.allocUnsafeSlow(headroom + blockSize)
  }
}

function once(bytes: Buffer, give: () => void): Loan {
  let isOut = true
  return {
    bytes,
    release() {
      if (isOut) give()
      isOut = false
    },
  }
}
