import type { Type as TypeBox } from 'typebox'

type Options = { readonly [keyword: string]: unknown }
type Properties = { readonly [name: string]: object }

const optional = Symbol.for('weir.schema.optional')
const isOptional = (schema: object): boolean => Reflect.get(schema, optional) === true

const plain =
  (type: string) =>
  (options: Options = {}) => ({ type, ...options })

const builder = {
  Array: (items: object, options: Options = {}) => ({ type: 'array', items, ...options }),
  Boolean: plain('boolean'),
  Integer: plain('integer'),
  Literal: (value: string | number | boolean, options: Options = {}) => ({
    type: typeof value,
    const: value,
    ...options,
  }),
  Number: plain('number'),
  Object(properties: Properties, options: Options = {}) {
    const required = Object.keys(properties).filter((name) => !isOptional(properties[name] ?? {}))
    return { type: 'object', ...(required.length === 0 ? {} : { required }), properties, ...options }
  },
  Optional: (schema: object) => Object.defineProperty({ ...schema }, optional, { value: true }),
  Record(key: { readonly pattern?: string }, value: object, options: Options = {}) {
    return { type: 'object', patternProperties: { [key.pattern ?? '^.*$']: value }, ...options }
  },
  String: plain('string'),
  Union: (anyOf: readonly object[], options: Options = {}) => ({ anyOf, ...options }),
  Unsafe: (schema: object) => ({ ...schema }),
}

/**
 * Builds the JSON Schema of a config: the part of TypeBox that configs need, under the same names and with TypeBox's
 * types, so that `create` gets a typed `config`. Only the types are TypeBox's: its code is several hundred modules, which
 * every start would have to load.
 *
 * @example Type.Object({ threshold: Type.Number({ description: 'Records in a second', default: 10 }) })
 * @see https://github.com/sinclairzx81/typebox
 */
export const Type = builder as unknown as Pick<typeof TypeBox, keyof typeof builder>

export type { Static, TSchema } from 'typebox'
