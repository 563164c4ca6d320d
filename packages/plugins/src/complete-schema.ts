import { standardKeys } from '@weir/config'
import type { Definition } from '@weir/sdk'

interface ObjectSchema {
  readonly properties?: { readonly [name: string]: object }
  readonly required?: readonly string[]
}

/** The schema of a key that is there by default, with other defaults within. */
function withDefaults(schema: ObjectSchema | undefined, defaults: { readonly [name: string]: unknown }): object {
  const properties = Object.entries(schema?.properties ?? {}).map(([name, property]): [string, object] => [
    name,
    name in defaults ? { ...property, default: defaults[name] } : property,
  ])
  return { ...schema, properties: Object.fromEntries(properties), default: {} }
}

/** The JSON Schema of everything that an operator may write for a component: its own keys and its kind's standard ones. */
export function completeSchema(definition: Definition): object {
  const own: ObjectSchema = definition.config ?? {}
  const standard: { readonly parser?: object; readonly batch?: ObjectSchema } = standardKeys(definition)
  const properties = {
    ...own.properties,
    ...standard,
    ...(definition.parses === undefined ? {} : { parser: { ...standard.parser, default: definition.parses.parser } }),
    ...(definition.batches === undefined ? {} : { batch: withDefaults(standard.batch, definition.batches) }),
  }
  const hasDefault = (name: string) => {
    const property = own.properties?.[name]
    return property !== undefined && 'default' in property
  }
  return {
    ...own,
    type: 'object',
    properties,
    required: (own.required ?? []).filter((name) => !hasDefault(name)),
    additionalProperties: false,
    ...(definition.description === undefined ? {} : { description: definition.description }),
  }
}
