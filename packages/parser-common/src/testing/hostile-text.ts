import { Buffer } from 'node:buffer'
import type { Definition, Parser } from '@weir/sdk'
import { createComponent, parseColumnar, parseSimply, plainRecords, testServices } from '@weir/sdk/testing'
import fc from 'fast-check'
import { expect } from 'vitest'

const crumbs = '\n|\r\n|\r|"|\\|\0| |\t|{|}|[|]|:|,|=|<|>|-|ü|💥|\\u12|1e|0'.split('|')

/**
 * Whatever a parser is given, it throws nothing, gives every line a record whose values can be read, and says the same
 * on both levels and wherever the input is cut.
 * @param lines lines of its format, which are cut up and mixed
 */
export function expectNoHarm(
  definition: Definition<'parser', Parser>,
  lines: readonly string[],
  config: unknown = {},
): void {
  const create = () => createComponent(definition, config, testServices())
  const piece = fc.oneof(
    fc.constantFrom(...lines),
    fc
      .tuple(fc.constantFrom(...lines), fc.nat(200), fc.nat(200))
      .map(([line, from, size]) => line.slice(from, from + size)),
    fc.constantFrom(...crumbs),
    fc.string({ maxLength: 8 }),
  )
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join('')))
  fc.assert(
    fc.property(text, fc.nat(), (bytes, place) => {
      const cut = bytes.indexOf(10, place % Math.max(1, bytes.length)) + 1
      const cuts = cut > 0 && cut < bytes.length ? [cut] : []
      const batches = parseColumnar(create(), bytes, cuts, 1 + (place % 3))
      expect(batches.flatMap(plainRecords)).toEqual(plainRecords(parseSimply(create(), bytes)))
    }),
    { numRuns: 250 },
  )
}
