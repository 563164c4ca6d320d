import type { ComponentConfig, DeadLetterSettings, WeirConfig } from '@weir/config'

/** Where the records of a component go that cannot go on; the schema says what it is. */
export const deadLetterOf = (component: ComponentConfig): DeadLetterSettings | undefined =>
  component.resolved.dead_letter as DeadLetterSettings | undefined

/** Whether an exporter sends into other pipelines: a connector, or one whose dead letters do. */
export const feeds = (component: ComponentConfig): boolean =>
  component.kind === 'connector' || deadLetterOf(component)?.pipeline !== undefined

/** Pipelines for dead letters, with the component that names each. */
export function deadLetterTargets(
  config: WeirConfig,
): { readonly target: string; readonly component: ComponentConfig }[] {
  return undertakers(config).flatMap((component) => {
    const target = deadLetterOf(component)?.pipeline
    return target === undefined ? [] : [{ target, component }]
  })
}

/** The components that can have dead letters. */
export function undertakers(config: WeirConfig): ComponentConfig[] {
  return (['receiver', 'exporter', 'connector'] as const).flatMap((kind) => [
    ...(config.components.get(kind)?.values() ?? []),
  ])
}
