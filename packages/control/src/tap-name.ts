import { type Kind, nearest, sections, WeirError } from '@weir/sdk'
import type { TapKind, TapPlace } from './tap-points.ts'

/** What of a pipeline can be tapped. */
export interface TappedPipeline {
  readonly name: string
  readonly receivers: readonly { readonly id: string }[]
  readonly processors: readonly { readonly id: string }[]
  readonly exporters: readonly { readonly id: string; readonly kind: Kind }[]
}

/** A name by which a point can be asked for, and the places that it stands for: a processor's are one per pipeline. */
export interface TapName {
  readonly kind: TapKind
  readonly id: string
  /** As in the config, kind and all: `exporters.file/archive`. */
  readonly path: string
  readonly places: readonly TapPlace[]
}

/** A point as a client is told of it. */
export type NamedPoint = Omit<TapName, 'places'>

const section = (kind: TapKind): string => (kind === 'pipeline' ? 'pipelines' : sections[kind])

/** Everything that can be tapped in these pipelines, in the order in which records pass it. */
export function tapNames(pipelines: readonly TappedPipeline[]): TapName[] {
  const names = new Map<string, TapName & { places: TapPlace[] }>()
  const add = (place: TapPlace) => {
    const path = `${section(place.kind)}.${place.id}`
    const name = names.get(path)
    if (name === undefined) names.set(path, { kind: place.kind, id: place.id, path, places: [place] })
    else if (place.kind === 'processor') name.places.push(place)
  }
  for (const { receivers } of pipelines) for (const { id } of receivers) add({ kind: 'receiver', id })
  for (const { name, processors } of pipelines) {
    add({ kind: 'pipeline', id: name })
    for (const { id } of processors) add({ kind: 'processor', id, pipeline: name })
  }
  for (const { exporters } of pipelines) {
    for (const { id, kind } of exporters) add({ kind: kind === 'connector' ? 'connector' : 'exporter', id })
  }
  return [...names.values()]
}

/** The point that an id, or a path with its section, names. @throws WeirError `WEIR_TAP_UNKNOWN`, `WEIR_TAP_AMBIGUOUS` */
export function findTap(pipelines: readonly TappedPipeline[], wanted: string): TapName {
  const names = tapNames(pipelines)
  const found = names.filter(({ id, path }) => path === wanted || id === wanted)
  const [first] = found
  if (first === undefined) {
    const near = nearest(wanted, [...names.map(({ id }) => id), ...names.map(({ path }) => path)])
    throw new WeirError(`nothing that runs is called ${JSON.stringify(wanted)}`, {
      code: 'WEIR_TAP_UNKNOWN',
      hint: `${near === undefined ? '' : `did you mean "${near}"? `}weir tap --list shows what there is`,
    })
  }
  if (found.length > 1) {
    throw new WeirError(
      `${JSON.stringify(wanted)} is ${found.map(({ kind }) => `the id of a ${kind}`).join(' and ')}`,
      {
        code: 'WEIR_TAP_AMBIGUOUS',
        hint: `say which: ${found.map(({ path }) => path).join(', ')}`,
      },
    )
  }
  return first
}
