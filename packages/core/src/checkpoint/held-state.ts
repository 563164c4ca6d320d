import type { AttributeValue, Checkpoint, State } from '@weir/sdk'

/** State of a component. Once held, what is written is seen by the component alone until it is released. */
export class HeldState implements State {
  readonly namespace: string
  readonly #stored: State
  #held: Map<string, AttributeValue> | undefined

  constructor(namespace: string, stored: State) {
    this.namespace = namespace
    this.#stored = stored
  }

  hold(): void {
    this.#held ??= new Map()
  }

  /** Stores what was written, and everything that is written from now on. */
  release(): void {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined && held.size > 0) this.#stored.setAll(Object.fromEntries(held))
  }

  /** What was written and is not stored. */
  get held(): Checkpoint {
    return Object.fromEntries(this.#held ?? [])
  }

  get(key: string): AttributeValue | undefined {
    if (!this.#held?.has(key)) return this.#stored.get(key)
    return this.#held.get(key) ?? undefined
  }

  set(key: string, value: AttributeValue): void {
    if (this.#held === undefined) this.#stored.set(key, value)
    else this.#held.set(key, value)
  }

  setAll(entries: Checkpoint): void {
    if (this.#held === undefined) this.#stored.setAll(entries)
    else for (const [key, value] of Object.entries(entries)) this.#held.set(key, value)
  }

  keys(): string[] {
    const keys = new Set(this.#stored.keys())
    for (const [key, value] of this.#held ?? []) {
      if (value === null) keys.delete(key)
      else keys.add(key)
    }
    return [...keys].sort()
  }
}
