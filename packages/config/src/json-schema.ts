import { type Kind, sections } from '@weir/sdk'
import { isConfigMap } from './read.ts'
import type { RegistryView } from './registry-view.ts'
import { pluginsSchema, serviceSchema } from './service-schema.ts'

interface SchemaNode {
  readonly [keyword: string]: unknown
}

/** A substitution may stand for any scalar. */
const substitution = { type: 'string', pattern: '^\\$\\{(env|file):' }
const annotations = ['title', 'description', 'default', 'examples']

/** A schema for editors: without our own keywords, with defaulted keys optional and unknown keys wrong. */
function forEditor(schema: unknown): unknown {
  if (!isConfigMap(schema)) return schema
  const node = Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => (key === 'weir' ? [] : [[key, keyword(key, value, schema)]])),
  )
  const takesText = node.type === 'string' && node.pattern === undefined && node.enum === undefined
  const isScalar =
    node.properties === undefined && !['object', 'array'].includes(String(node.type)) && node.anyOf === undefined
  if (isConfigMap(node.properties)) return { additionalProperties: false, ...node }
  if (!isScalar || takesText) return node
  const [notes, rules] = [(key: string) => annotations.includes(key), (key: string) => !annotations.includes(key)].map(
    (picks) => Object.fromEntries(Object.entries(node).filter(([key]) => picks(key))),
  )
  return { ...notes, anyOf: [rules, substitution] }
}

function keyword(key: string, value: unknown, { properties }: SchemaNode): unknown {
  if (key === 'properties' || key === 'patternProperties') {
    return isConfigMap(value)
      ? Object.fromEntries(Object.entries(value).map(([name, child]) => [name, forEditor(child)]))
      : value
  }
  if (key === 'required' && Array.isArray(value)) return value.filter((name) => !hasDefault(properties, name))
  if (['items', 'additionalProperties'].includes(key)) return forEditor(value)
  if (['anyOf', 'oneOf', 'allOf'].includes(key) && Array.isArray(value)) return value.map(forEditor)
  return value
}

function hasDefault(properties: unknown, name: unknown): boolean {
  const property = isConfigMap(properties) ? properties[String(name)] : undefined
  return isConfigMap(property) && property.default !== undefined
}

/** One section: components by ids `type` or `type/name`. Nothing after the id means the defaults. */
function section(kind: Kind, registry: RegistryView): object {
  const types = registry.types(kind).flatMap((type) => registry.find(kind, type) ?? [])
  const patterns = types.map(({ definition, schema }) => {
    const { description = definition.description ?? '', ...editor }: SchemaNode = Object(forEditor(schema))
    return [
      `^${definition.type}(/[^/\\s]+)?$`,
      { title: `${definition.type} ${kind}`, description, ...editor, type: ['object', 'null'] },
    ]
  })
  return {
    description: `The ${sections[kind]}, by id: type or type/name.`,
    type: ['object', 'null'],
    patternProperties: Object.fromEntries(patterns),
    additionalProperties: false,
  }
}

/** The JSON Schema (draft-07) of the whole config for the installed plugins, for editors: `# yaml-language-server: $schema=…`. */
export function configSchema(registry: RegistryView): object {
  const kinds = Object.keys(sections) as Kind[]
  const whole = {
    ...Object.fromEntries(kinds.map((kind) => [sections[kind], section(kind, registry)])),
    plugins: forEditor(pluginsSchema),
    service: forEditor(serviceSchema),
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Weir config',
    type: 'object',
    properties: {
      ...whole,
      profiles: {
        description: 'Partial configs, one of which is merged last.',
        type: 'object',
        additionalProperties: { type: ['object', 'null'] },
      },
    },
    required: ['service'],
    additionalProperties: false,
  }
}
