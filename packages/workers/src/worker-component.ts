import { type Definition, isDefinition } from '@weir/sdk'

/** A component that a worker makes for itself. */
export interface WorkerComponent {
  /** The same component has the same key, over reloads. */
  readonly key: string
  readonly entry: string
  readonly kind: string
  readonly type: string
  readonly config: unknown
}

/** A component in a certain form: another config or other code is another revision. */
export interface RevisedComponent extends WorkerComponent {
  readonly revision: string
}

/** The component's definition, from its module. @throws Error when the module does not have it */
export async function importDefinition({ entry, kind, type }: WorkerComponent): Promise<Definition> {
  const module: { default: unknown } = await import(entry)
  const exported: unknown[] = Array.isArray(module.default) ? module.default : [module.default]
  const definition = exported.find(
    (one): one is Definition => isDefinition(one) && one.kind === kind && one.type === type,
  )
  if (definition === undefined) throw new Error(`${entry} has no ${kind} ${type}`)
  return definition
}

/** What `create` is called with, from the services by the names of their tokens. */
export function contextOf(
  { inject = {} }: Definition,
  services: { readonly [token: string]: unknown },
  config: unknown,
): { readonly [property: string]: unknown } {
  const injected = Object.entries(inject).map(([property, { name }]) => [property, services[name]])
  return { ...Object.fromEntries(injected), config }
}
