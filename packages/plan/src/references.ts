import type { Kind } from '@weir/sdk'

/** A place in a config that names something else in it. */
interface Name {
  /** What it is named as: a parser, a detector, an authenticator, a pipeline. */
  readonly role: string
  readonly id: string
  readonly path: (string | number)[]
}

/** A place in a config that names another component. */
export interface FoundReference extends Name {
  readonly kind: Kind
}

interface SchemaNode {
  readonly weir?: unknown
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly items?: SchemaNode
}

const kinds: { readonly [role: string]: Kind } = { parser: 'parser', detector: 'detector', authenticator: 'extension' }
const keyword = 'reference:'

/** The components that a config names, by the schema's `weir: reference:…`. */
export function* references(schema: SchemaNode | undefined, value: unknown): Iterable<FoundReference> {
  for (const name of names(schema, value, [])) {
    const kind = kinds[name.role]
    if (kind !== undefined) yield { kind, ...name }
  }
}

/** The pipelines that a config names, by the schema's `weir: reference:pipeline`. */
export const pipelineReferences = (schema: SchemaNode | undefined, value: unknown): Name[] =>
  [...names(schema, value, [])].filter(({ role }) => role === 'pipeline')

function* names(schema: SchemaNode | undefined, value: unknown, path: (string | number)[]): Iterable<Name> {
  if (schema === undefined) return
  if (typeof schema.weir === 'string' && schema.weir.startsWith(keyword) && typeof value === 'string')
    yield { role: schema.weir.slice(keyword.length), id: value, path }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* names(schema.items, item, [...path, index])
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, child] of Object.entries(schema.properties ?? {}))
      yield* names(child, Reflect.get(value, name), [...path, name])
  }
}
