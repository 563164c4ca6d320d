import { TapPoint } from './tap-point.ts'

export type TapKind = 'receiver' | 'pipeline' | 'processor' | 'exporter' | 'connector'

/** Where a point is. A pipeline's is its entrance; a component's is where its records leave it, an exporter's where they come to it. */
export interface TapPlace {
  readonly kind: TapKind
  readonly id: string
  /** The pipeline in which a processor stands. */
  readonly pipeline?: string
}

/** All points by their places. They outlive the graph, so that who looks on goes on looking after a reload. */
export class TapPoints {
  readonly #points = new Map<string, TapPoint>()
  readonly #onNew: (place: TapPlace, point: TapPoint) => void

  constructor(onNew: (place: TapPlace, point: TapPoint) => void) {
    this.#onNew = onNew
  }

  at(place: TapPlace): TapPoint {
    const key = JSON.stringify([place.kind, place.id, place.pipeline])
    let point = this.#points.get(key)
    if (point === undefined) {
      point = new TapPoint()
      this.#points.set(key, point)
      this.#onNew(place, point)
    }
    return point
  }
}
