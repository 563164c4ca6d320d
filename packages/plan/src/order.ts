import type { PlannedPipeline } from './plan.ts'

/** The pipelines that a pipeline feeds: through its connectors, or with the dead letters of its exporters. */
function fedBy(pipeline: PlannedPipeline, all: readonly PlannedPipeline[]): PlannedPipeline[] {
  const sources = [...pipeline.processors, ...pipeline.exporters]
  return all.filter(
    ({ name, connectors }) =>
      pipeline.deadLetters.includes(name) || connectors.some((connector) => sources.includes(connector)),
  )
}

/** Names of pipelines that feed each other in a circle, or `undefined`. */
export function findCycle(pipelines: readonly PlannedPipeline[]): string[] | undefined {
  const done = new Set<PlannedPipeline>()
  const path: PlannedPipeline[] = []
  const visit = (pipeline: PlannedPipeline): string[] | undefined => {
    if (done.has(pipeline)) return undefined
    const at = path.indexOf(pipeline)
    if (at >= 0) return path.slice(at).map(({ name }) => name)
    path.push(pipeline)
    for (const next of fedBy(pipeline, pipelines)) {
      const cycle = visit(next)
      if (cycle !== undefined) return cycle
    }
    path.pop()
    done.add(pipeline)
    return undefined
  }
  for (const pipeline of pipelines) {
    const cycle = visit(pipeline)
    if (cycle !== undefined) return cycle
  }
  return undefined
}

/** The pipelines in such an order that each stands before those that it feeds. */
export function upstreamFirst(pipelines: readonly PlannedPipeline[]): PlannedPipeline[] {
  const ordered: PlannedPipeline[] = []
  const seen = new Set<PlannedPipeline>()
  const visit = (pipeline: PlannedPipeline): void => {
    if (seen.has(pipeline)) return
    seen.add(pipeline)
    for (const next of fedBy(pipeline, pipelines)) visit(next)
    ordered.unshift(pipeline)
  }
  for (const pipeline of [...pipelines].reverse()) visit(pipeline)
  return ordered
}
