import type { Template } from './template.ts'

/** Slots; a power of two. Half of them may be taken. */
const size = 1 << 16

/**
 * Finds the template of a sequence of tokens that was seen before by two hashes of it, without comparing tokens. When it
 * is full it is emptied: what is still in use comes back by itself.
 */
export class SignatureCache {
  readonly #checks = new Int32Array(size)
  /** Place in `templates`; 0 where nothing is. */
  readonly #places = new Uint16Array(size)
  readonly #templates: (Template | undefined)[] = [undefined]

  find(hash: number, check: number): Template | undefined {
    const checks = this.#checks
    const places = this.#places
    let at = hash & (size - 1)
    for (;;) {
      const place = places[at] ?? 0
      if (place === 0) return undefined
      if (checks[at] === check) return this.#templates[place]
      at = (at + 1) & (size - 1)
    }
  }

  add(hash: number, check: number, template: Template): void {
    if (this.#templates.length * 2 >= size) this.clear()
    let at = hash & (size - 1)
    while (this.#places[at] !== 0) at = (at + 1) & (size - 1)
    this.#checks[at] = check
    this.#places[at] = this.#templates.length
    this.#templates.push(template)
  }

  clear(): void {
    if (this.#templates.length === 1) return
    this.#places.fill(0)
    this.#templates.length = 1
  }
}
