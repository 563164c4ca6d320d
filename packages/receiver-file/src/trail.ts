import type { Position } from './mark.ts'

/** Places in a file that have been passed: by them a copy is recognised that was made before the last lines came. */
export type Trail = Position[]

/** Enough to cover any file, with gaps that grow with the distance from the end. */
const maxLength = 12

export function extendTrail(trail: Trail, position: Position): void {
  trail.push(position)
  if (trail.length > maxLength) thin(trail, position.offset)
}

/** Drops the place whose neighbours are closest to each other, for their distance from the end. */
function thin(trail: Trail, end: number): void {
  const offset = (index: number) => trail[index]?.offset ?? 0
  const gap = (index: number) => (offset(index + 1) - offset(index - 1)) / (end - offset(index - 1))
  let least = 1
  for (let index = 2; index < trail.length - 1; index++) if (gap(index) < gap(least)) least = index
  trail.splice(least, 1)
}
