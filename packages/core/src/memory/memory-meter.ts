import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What the process uses, and how to make it use less. */
export interface MemoryMeter {
  /** Bytes in use. */
  used(): number
  /** Frees what nobody refers to any more; the caller waits for it. */
  collect(): void
}

/**
 * Memory of this process: its heap and its buffers, and what it had besides when it began. The resident set would be
 * simpler, but keeps what the allocator holds for the next time, and so may never fall.
 */
export class ProcessMemory implements MemoryMeter {
  readonly #besides: number
  #collect: (() => void) | undefined

  constructor() {
    const { rss, heapUsed, external } = process.memoryUsage()
    this.#besides = Math.max(0, rss - heapUsed - external)
  }

  used(): number {
    const { heapUsed, external } = process.memoryUsage()
    return this.#besides + heapUsed + external
  }

  collect(): void {
    this.#collect ??= collector()
    this.#collect()
  }
}

function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  return typeof collect === 'function' ? () => void collect() : () => {}
}
