import { Buffer } from 'node:buffer'
import { kernelModule } from './module.ts'
import { Regions } from './regions.ts'

/** What `assembly/` exports. Addresses are bytes in its memory. */
interface Exports {
  readonly memory: WebAssembly.Memory
  readonly dissected: WebAssembly.Global
  firstFree(): number
  beginDissect(table: number, count: number, head: number, headLength: number, isPlain: number, scratch: number): void
  dissect(from: number, to: number, shift: number, out: number, width: number, room: number): number
}

/** A part of the pattern. */
export interface KernelPart {
  readonly delimiter: Uint8Array
  readonly isPadded: boolean
  /** The fields that begin and end with it. */
  readonly beginning: number
  readonly ending: number
}

/** Of a part in the kernel's table. */
const partBytes = 40
const inputBytes = 65_536
const outWords = 32_768
const newline = 10

/** Takes lines apart in WebAssembly: their bytes are copied in, and what is found is read where it was written. */
export class DissectKernel {
  readonly #exports: Exports
  readonly #bytes: Buffer
  readonly #input: number
  readonly #out: number
  readonly #width: number
  readonly #room: number
  /** As `LineDissector.lines`. */
  readonly lines: Int32Array

  constructor(
    module: WebAssembly.Module,
    head: Uint8Array,
    parts: readonly KernelPart[],
    isPlain: readonly boolean[],
    width: number,
  ) {
    this.#exports = new WebAssembly.Instance(module).exports as Exports
    const { memory } = this.#exports
    const regions = new Regions(this.#exports.firstFree())
    const table = regions.take(parts.length * partBytes)
    const texts = regions.take(parts.reduce((sum, { delimiter }) => sum + delimiter.length, head.length))
    const kinds = regions.take(isPlain.length + 1)
    const scratch = regions.take((isPlain.length + 1) * 4)
    this.#out = regions.take(outWords * 4)
    this.#input = regions.take(inputBytes + 1)
    regions.grow(memory)
    const words = new Int32Array(memory.buffer)
    this.#bytes = Buffer.from(memory.buffer)
    this.#width = width
    this.#room = Math.floor(outWords / width)
    this.lines = words.subarray(this.#out / 4, this.#out / 4 + outWords)
    this.#bytes.set(head, texts)
    let at = texts + head.length
    for (const [index, { delimiter, isPadded, beginning, ending }] of parts.entries()) {
      this.#bytes.set(delimiter, at)
      const entry = table + index * partBytes
      words.set([at, delimiter.length, delimiter[0] ?? 0, isPadded ? 1 : 0, beginning, ending], entry / 4)
      this.#bytes.set(delimiter.subarray(0, 8), entry + 24)
      this.#bytes.fill(0xff, entry + 32, entry + 32 + Math.min(8, delimiter.length))
      at += delimiter.length
    }
    this.#bytes.set(Uint8Array.from(isPlain, Number), kinds)
    this.#exports.beginDissect(table, parts.length, texts, head.length, kinds, scratch)
  }

  /** How many lines were taken apart last. */
  get count(): number {
    return this.#exports.dissected.value
  }

  /**
   * Takes apart as many of the lines in `bytes[from…to)` as fit; the last may be without its line break.
   * @returns the offset after them: `from`, if not even the first fits
   */
  scan(bytes: Uint8Array, from: number, to: number): number {
    const end = to - from <= inputBytes ? to : bytes.lastIndexOf(newline, from + inputBytes - 1) + 1
    if (end <= from) return from
    this.#bytes.set(bytes.subarray(from, end), this.#input)
    let inputEnd = this.#input + end - from
    if (this.#bytes[inputEnd - 1] !== newline) this.#bytes[inputEnd++] = newline
    const shift = from - this.#input
    const reached = this.#exports.dissect(this.#input, inputEnd, shift, this.#out, this.#width * 4, this.#room)
    return Math.min(to, reached + shift)
  }
}

/** A kernel of its own memory, if kernels were built and this machine can run them, and the pattern is not too long for it. */
export function createDissectKernel(
  ...[head, parts, isPlain, width]: [
    head: Uint8Array,
    parts: readonly KernelPart[],
    isPlain: readonly boolean[],
    width: number,
  ]
): DissectKernel | undefined {
  const module = kernelModule()
  return module === undefined || width > outWords ? undefined : new DissectKernel(module, head, parts, isPlain, width)
}
