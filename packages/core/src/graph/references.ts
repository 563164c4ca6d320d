import type { Kind } from '@weir/sdk'

/** A place in a config that names another component. */
export interface FoundReference {
  readonly kind: Kind
  /** What it is named as: a parser, a detector, an authenticator. */
  readonly role: string
  readonly id: string
  readonly path: (string | number)[]
}

interface SchemaNode {
  readonly weir?: unknown
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly items?: SchemaNode
}

const kinds: { readonly [role: string]: Kind } = { parser: 'parser', detector: 'detector', authenticator: 'extension' }
const keyword = 'reference:'

/** The components that a config names, by the schema's `weir: reference:…`. */
export function* references(
  schema: SchemaNode | undefined,
  value: unknown,
  path: (string | number)[] = [],
): Iterable<FoundReference> {
  if (schema === undefined) return
  if (typeof schema.weir === 'string' && schema.weir.startsWith(keyword) && typeof value === 'string') {
    const role = schema.weir.slice(keyword.length)
    const kind = kinds[role]
    if (kind !== undefined) yield { kind, role, id: value, path }
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* references(schema.items, item, [...path, index])
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, child] of Object.entries(schema.properties ?? {}))
      yield* references(child, Reflect.get(value, name), [...path, name])
  }
}
