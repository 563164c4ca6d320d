import { matchesGlob, resolve } from 'node:path'
import type { ComponentConfig, WeirConfig } from '@weir/config'
import type { Registry } from '@weir/plugins'
import type { PlannedPipeline } from './plan.ts'

/** A receiver reads what an exporter writes to which its records go: it would read its own output for ever. */
export interface Feedback {
  readonly receiver: ComponentConfig
  readonly exporter: ComponentConfig
  /** The glob that means the file, as it is written in the config. */
  readonly path: (string | number)[]
}

interface Named {
  readonly value: string
  readonly path: (string | number)[]
}

/** Finds receivers that feed on their own output, by the keys that say which files a component reads and writes. */
export function feedbacks(pipelines: readonly PlannedPipeline[], config: WeirConfig, registry: Registry): Feedback[] {
  const files = (component: ComponentConfig, keyword: string) => {
    const schema = registry.find(component.kind, component.type)?.schema
    return [...keyed(schema, component.resolved, keyword, [...component.path])]
  }
  const receivers = new Set(pipelines.flatMap((pipeline) => pipeline.receivers))
  return [...receivers].flatMap((receiver) => {
    const globs = files(receiver, 'file:read')
    if (globs.length === 0) return []
    const spared = files(receiver, 'file:spare')
    const means = (path: string) => (glob: Named) => matches(path, resolve(config.baseDir, glob.value))
    return exportersOf(receiver, pipelines).flatMap((exporter) =>
      files(exporter, 'file:write').flatMap(({ value }) => {
        const path = resolve(config.baseDir, value)
        const glob = globs.find(means(path))
        return glob === undefined || spared.some(means(path)) ? [] : [{ receiver, exporter, path: glob.path }]
      }),
    )
  })
}

/** The exporters that what a receiver sends may come to, through connectors too. */
function exportersOf(receiver: ComponentConfig, pipelines: readonly PlannedPipeline[]): ComponentConfig[] {
  const reached = new Set(pipelines.filter(({ receivers }) => receivers.includes(receiver)))
  for (const { processors, exporters } of reached) {
    const passed = new Set([...processors, ...exporters])
    for (const next of pipelines) if (next.connectors.some((connector) => passed.has(connector))) reached.add(next)
  }
  return [...new Set([...reached].flatMap(({ exporters }) => exporters))]
}

/** Node warns that this is new, which says nothing to our users. */
function matches(path: string, glob: string): boolean {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return matchesGlob(path, glob)
  } finally {
    process.emitWarning = emitWarning
  }
}

interface SchemaNode {
  readonly weir?: unknown
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly items?: SchemaNode
}

/** The texts of a config whose schema has a keyword. */
function* keyed(
  schema: SchemaNode | undefined,
  value: unknown,
  keyword: string,
  path: (string | number)[],
): Iterable<Named> {
  if (schema === undefined) return
  if (schema.weir === keyword && typeof value === 'string') yield { value, path }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* keyed(schema.items, item, keyword, [...path, index])
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, child] of Object.entries(schema.properties ?? {}))
      yield* keyed(child, Reflect.get(value, name), keyword, [...path, name])
  }
}
