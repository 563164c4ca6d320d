import type { Kind } from '@weir/sdk'

/** A place in a config that names another component. */
export interface FoundReference {
  readonly kind: Kind
  readonly id: string
  readonly path: (string | number)[]
}

interface SchemaNode {
  readonly weir?: unknown
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly items?: SchemaNode
}

const kinds: { readonly [keyword: string]: Kind } = { 'reference:parser': 'parser', 'reference:detector': 'detector' }

/** The components that a config names, by the schema's `weir: reference:…`. */
export function* references(
  schema: SchemaNode | undefined,
  value: unknown,
  path: (string | number)[] = [],
): Iterable<FoundReference> {
  if (schema === undefined) return
  const kind = typeof schema.weir === 'string' ? kinds[schema.weir] : undefined
  if (kind !== undefined && typeof value === 'string') yield { kind, id: value, path }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* references(schema.items, item, [...path, index])
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, child] of Object.entries(schema.properties ?? {}))
      yield* references(child, Reflect.get(value, name), [...path, name])
  }
}
