import { Condition, Expression, FieldTarget, OneOf, Reference, Secret, Size, type Static, Type } from '@weir/sdk'

const target = (description: string) => Type.Optional(FieldTarget({ description }))

const step = Type.Object(
  {
    set: target('Set this field to `value`.'),
    rename: target('Move this field to the field `to`.'),
    delete: target('Remove this field.'),
    parse: target('Parse the text of this field by `parser`.'),
    hash: target('Replace this field by its SHA-256, in hexadecimal; an HMAC with `hash_key`.'),
    truncate: target('Cut the text of this field after `max_size` bytes, between two characters.'),
    lower: target('Make the text of this field lower case.'),
    upper: target('Make the text of this field upper case.'),
    split: target('Make the text of this field a list, cut at `separator`.'),
    convert: target('Make this field a value of the type `type`; what cannot be one stays as it is.'),
    value: Type.Optional(
      Expression({
        description:
          'With `set`: the value, in the language of conditions. Where it gives nothing (a field is missing) the field stays as it is.',
        examples: ['"prod"', 'attributes.bytes / 1024', 'resource["service.name"] + "/" + attributes.route'],
      }),
    ),
    to: target(
      'With `rename`: the new place. With `parse`: the field that gets what was found, as a map; left out, the record gets it as if its receiver had parsed it: attributes, time, severity, and the message as body.',
    ),
    parser: Type.Optional(
      Reference('parser', { description: 'With `parse`: a type of parser, or the id of an entry under parsers.' }),
    ),
    max_size: Type.Optional(Size({ description: 'With `truncate`: bytes of UTF-8.' })),
    separator: Type.Optional(Type.String({ description: 'With `split`.', minLength: 1 })),
    type: Type.Optional(OneOf(['int', 'double', 'string', 'bool'], { description: 'With `convert`.' })),
    where: Type.Optional(Condition({ description: 'Only records that meet this condition.' })),
  },
  {
    description: 'One change.',
    additionalProperties: false,
    oneOf: ['set', 'rename', 'delete', 'parse', 'hash', 'truncate', 'lower', 'upper', 'split', 'convert'].map(
      (action) => ({ required: [action] }),
    ),
    dependencies: {
      set: ['value'],
      rename: ['to'],
      parse: ['parser'],
      truncate: ['max_size'],
      split: ['separator'],
      convert: ['type'],
      value: ['set'],
      parser: ['parse'],
      max_size: ['truncate'],
      separator: ['split'],
      type: ['convert'],
    },
  },
)

export const config = Type.Object({
  steps: Type.Array(step, { description: 'Changes, made one after the other.', minItems: 1 }),
  hash_key: Type.Optional(
    Secret({
      description: 'Key of `hash`. Without one, whoever guesses a value (an address, a number) can check the guess.',
    }),
  ),
})

export type Step = Static<typeof step>
export type TransformConfig = Static<typeof config>
