/** The last few values, with their sum: a window that slides by one pane. */
export class Sliding {
  readonly #values: number[] = []
  readonly #length: number
  sum = 0

  constructor(length: number) {
    this.#length = length
  }

  get isFull(): boolean {
    return this.#values.length === this.#length
  }

  push(value: number): void {
    this.#values.push(value)
    this.sum += value
    if (this.#values.length > this.#length) this.sum -= this.#values.shift() ?? 0
  }

  clear(): void {
    this.#values.length = 0
    this.sum = 0
  }

  snapshot(): number[] {
    return [...this.#values]
  }

  restore(values: readonly number[]): void {
    for (const value of values) this.push(value)
  }
}

/** Panes that a window is made of: it slides by a sixth of itself. */
export const panesPerWindow = 6
