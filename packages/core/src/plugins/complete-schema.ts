import type { Definition } from '@weir/sdk'
import { standardKeys } from '../stages/standard-keys.ts'

interface ObjectSchema {
  readonly properties?: { readonly [name: string]: object }
  readonly required?: readonly string[]
}

/** The JSON Schema of everything that an operator may write for a component: its own keys and its kind's standard ones. */
export function completeSchema(definition: Definition): object {
  const own: ObjectSchema = definition.config ?? {}
  const standard: { readonly parser?: object } = standardKeys(definition)
  const properties = {
    ...own.properties,
    ...standard,
    ...(definition.parses === undefined ? {} : { parser: { ...standard.parser, default: definition.parses.parser } }),
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
