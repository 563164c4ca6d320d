import type { ComponentConfig } from '@weir/config'
import { deadLetterOf, feeds } from './dead-letter-targets.ts'
import type { Plan, PlannedPipeline } from './plan.ts'

/** Groups of pipelines that share receivers or feed each other: what one of them knows depends on the sources of all. */
export function relatedPipelines({ pipelines }: Plan): PlannedPipeline[][] {
  const all = new Set(pipelines.flatMap(({ receivers, exporters }) => [...receivers, ...exporters]))
  let groups: { members: PlannedPipeline[]; components: Set<ComponentConfig> }[] = []
  for (const pipeline of pipelines) {
    const { receivers, connectors, processors, exporters } = pipeline
    // An exporter that two pipelines share joins them too, which only a connector needs; it does no harm.
    const sources = [...all].filter((component) => deadLetterOf(component)?.pipeline === pipeline.name)
    const components = new Set([...receivers, ...sources, ...connectors, ...processors, ...exporters.filter(feeds)])
    const related = groups.filter((group) => !group.components.isDisjointFrom(components))
    const members = [...related.flatMap((group) => group.members), pipeline]
    for (const group of related) for (const component of group.components) components.add(component)
    groups = [...groups.filter((group) => !related.includes(group)), { members, components }]
  }
  return groups.map(({ members }) => members)
}
