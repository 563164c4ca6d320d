interface Property {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
  readonly properties?: { readonly [name: string]: Property }
  readonly items?: Property
  readonly anyOf?: readonly Property[]
  readonly const?: unknown
  readonly weir?: string
  readonly writeOnly?: boolean
  readonly required?: readonly string[]
}

/** One key of a component, as it is shown: `retry_on_failure.max_interval`, `duration`, `"30s"`, what it does. */
export interface ComponentKey {
  readonly path: string
  readonly type: string
  /** JSON of the default, `(required)`, or nothing. */
  readonly fallback: string
  readonly description: string
}

/** Every key of a component's schema, nested ones by their path. */
export function* componentKeys(schema: Property, prefix = ''): Iterable<ComponentKey> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const path = prefix + name
    const isRequired = schema.required?.includes(name) === true && property.default === undefined
    const isMap = property.properties !== undefined
    const value = property.default === undefined || isMap ? '' : JSON.stringify(property.default)
    yield {
      path,
      type: typeOf(property),
      fallback: isRequired ? '(required)' : value,
      description: property.description ?? '',
    }
    yield* componentKeys(property, `${path}.`)
    if (property.items?.properties !== undefined) yield* componentKeys(property.items, `${path}[].`)
  }
}

function typeOf(property: Property): string {
  if (property.enum !== undefined) return property.enum.map(String).join(' | ')
  if (property.const !== undefined) return String(property.const)
  if (property.weir !== undefined)
    return property.weir
      .replace(/^target$/, 'path')
      .replace(/^dissect$/, 'dissect pattern')
      .replace(/^time_zone$/, 'time zone')
      .replace(/^file:write$/, 'file')
      .replace(/^file:(read|spare)$/, 'glob')
      .replace(/^reference:(?=([aeiou]?))/, (_, vowel) => (vowel ? 'id of an ' : 'id of a '))
  if (property.anyOf !== undefined) return property.anyOf.map(typeOf).join(' | ')
  if (property.type === 'array') return `list of ${property.items === undefined ? 'values' : typeOf(property.items)}`
  if (property.type === 'object' || property.properties !== undefined) return 'map'
  if (property.writeOnly === true) return 'secret'
  return typeof property.type === 'string' ? property.type : (property.type?.join(' | ') ?? 'any')
}
