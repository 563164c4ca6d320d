import type { Template } from './template.ts'

/** Slots at first and at most; powers of two. Half of them may be taken. */
const firstSize = 1 << 8
const maxSize = 1 << 16

/**
 * Finds the template of a sequence of tokens that was seen before by two hashes of it, without comparing tokens. When it
 * is full it is emptied: what is still in use comes back by itself.
 */
export class SignatureCache {
  #checks = new Int32Array(firstSize)
  /** Place in `templates`; 0 where nothing is. */
  #places = new Uint16Array(firstSize)
  readonly #templates: (Template | undefined)[] = [undefined]

  find(hash: number, check: number): Template | undefined {
    const checks = this.#checks
    const places = this.#places
    const last = places.length - 1
    let at = hash & last
    for (;;) {
      const place = places[at] ?? 0
      if (place === 0) return undefined
      if (checks[at] === check) return this.#templates[place]
      at = (at + 1) & last
    }
  }

  add(hash: number, check: number, template: Template): void {
    if (this.#templates.length * 2 >= this.#places.length) this.#enlarge()
    const last = this.#places.length - 1
    let at = hash & last
    while (this.#places[at] !== 0) at = (at + 1) & last
    this.#checks[at] = check
    this.#places[at] = this.#templates.length
    this.#templates.push(template)
  }

  clear(): void {
    if (this.#templates.length === 1) return
    this.#places.fill(0)
    this.#templates.length = 1
  }

  /** The hashes that would say where things belong are not kept: a larger table begins empty. */
  #enlarge(): void {
    if (this.#places.length < maxSize) {
      this.#checks = new Int32Array(this.#checks.length * 4)
      this.#places = new Uint16Array(this.#places.length * 4)
    }
    this.clear()
  }
}
