import { parseDuration, parseSize } from './units.ts'

interface SchemaNode {
  readonly default?: unknown
  readonly weir?: unknown
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly additionalProperties?: SchemaNode | boolean
  readonly patternProperties?: { readonly [pattern: string]: SchemaNode }
  readonly items?: SchemaNode
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The config as `create` receives it: defaults filled in, durations in milliseconds, sizes in bytes. The value must be
 * valid by the schema; the original is not touched.
 * @throws WeirError `WEIR_UNITS_DURATION`, `WEIR_UNITS_SIZE`
 */
export function resolveConfig(schema: unknown, value: unknown): unknown {
  if (!isObject(schema)) return value
  const node: SchemaNode = schema
  const given = value === undefined ? structuredClone(node.default) : value
  if (node.weir === 'duration' && typeof given === 'string') return parseDuration(given)
  if (node.weir === 'size' && typeof given === 'string') return parseSize(given)
  if (Array.isArray(given)) return given.map((item) => resolveConfig(node.items, item))
  if (!isObject(given)) return given
  const resolved: { [key: string]: unknown } = {}
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const found = resolveConfig(child, Object.hasOwn(given, name) ? given[name] : undefined)
    if (found !== undefined) resolved[name] = found
  }
  const rest = Object.values(node.patternProperties ?? {})[0] ?? node.additionalProperties
  for (const [name, item] of Object.entries(given)) {
    if (!Object.hasOwn(node.properties ?? {}, name)) {
      Object.defineProperty(resolved, name, {
        value: resolveConfig(rest, item),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
  }
  return resolved
}
