import { sparkline } from '../series/sparkline.ts'

/** Figures that are shown. */
const length = 30

/** The latest figures of a detector, to be drawn. */
export class Trail {
  #figures: number[] = []

  push(figure: number): void {
    if (!Number.isFinite(figure)) return
    this.#figures.push(figure)
    if (this.#figures.length > length) this.#figures.shift()
  }

  clear(): void {
    this.#figures = []
  }

  /** ▁▁▂▁▁█ */
  toString(): string {
    return sparkline(this.#figures)
  }

  snapshot(): number[] {
    return [...this.#figures]
  }

  restore(figures: readonly number[]): void {
    this.#figures = [...figures]
  }
}
