import { Type as TypeBox } from 'typebox'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Static, Type } from './type.ts'

/** The same schema by either builder. */
const shop = <T extends Pick<typeof TypeBox, keyof typeof Type>>({
  Array: ArrayOf,
  Boolean: Bool,
  Integer,
  Literal,
  Number: Num,
  Object: Obj,
  Optional,
  Record: RecordOf,
  String: Str,
  Union,
  Unsafe,
}: T) =>
  Obj(
    {
      name: Str({ description: 'Name', minLength: 1 }),
      open: Optional(Bool({ default: true })),
      shelves: ArrayOf(Integer({ minimum: 0 }), { description: 'Shelves' }),
      rent: Union([Num(), Literal('free')], { default: 'free' }),
      prices: RecordOf(Str(), Num()),
      byCode: RecordOf(Str({ pattern: '^[A-Z]+$' }), Obj({ a: Optional(Str()) })),
      raw: Unsafe<{ x: 1 }>({ type: 'object', additionalProperties: true }),
    },
    { additionalProperties: false },
  )

describe('the schema builder', () => {
  it('writes the schemas that TypeBox writes', () => {
    expect(JSON.parse(JSON.stringify(shop(Type)))).toEqual(JSON.parse(JSON.stringify(shop(TypeBox))))
  })

  it('types the config', () => {
    const schema = Type.Object({ a: Type.Number(), b: Type.Optional(Type.Array(Type.String())) })
    expectTypeOf<Static<typeof schema>>().toEqualTypeOf<{ a: number; b?: string[] }>()
  })
})
