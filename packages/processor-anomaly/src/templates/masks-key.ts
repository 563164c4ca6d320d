import { Pattern, Type } from '@weir/sdk'

/** The key `masks` of what mines templates. */
export const Masks = Type.Array(
  Type.Object({
    name: Type.String({
      description: 'What stands in its place: `order` is shown as `<order>`.',
      pattern: '^[a-z_]+$',
    }),
    pattern: Pattern({ description: 'Regular expression of the value.', minLength: 1 }),
  }),
  {
    description:
      'Values that the built-in shapes do not know, such as `{ name: order, pattern: "ORD-[A-Z]+" }`. With any, messages are read as text, which is several times slower.',
    default: [],
  },
)
