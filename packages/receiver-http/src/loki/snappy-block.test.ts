import { Buffer } from 'node:buffer'
import { isHttpProblem } from '@weir/http-server'
import fc from 'fast-check'
import { compress } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { decodeSnappyBlock } from './snappy-block.ts'

const max = 1_000_000

describe('a block of snappy', () => {
  it('becomes what was compressed', () => {
    const repetitive = fc
      .array(fc.constantFrom('a', 'bc', 'GET /index.html ', 'x'.repeat(100)), { maxLength: 300 })
      .map((parts) => Buffer.from(parts.join('')))
    const any = fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(repetitive, any), (bytes) => {
        expect(decodeSnappyBlock(compress(bytes), max).equals(bytes)).toBe(true)
      }),
    )
    const large = Buffer.alloc(900_000, 'the quick brown fox ')
    expect(decodeSnappyBlock(compress(large), max).equals(large)).toBe(true)
  })

  it.each([
    ['nothing', ''],
    ['a length without end', 'ffffffffff01'],
    ['a literal of a length that is not there', '050861'],
    ['a literal of nearly 4 GiB, which is a negative length to some', '05fcfaffffff6162636465'],
    ['a literal that makes too much', '010461626364'],
    ['a copy of what is not there', '0400610901'],
    ['a copy from nowhere', '0500610100'],
    ['a copy that makes too much', '030061fd010000'],
    ['a copy whose offset is cut', '0500610e01'],
    ['less than it says', '050061'],
  ])('is refused for %s', (_, hex) => {
    expect(() => decodeSnappyBlock(Buffer.from(hex, 'hex'), max)).toThrow('no valid snappy block')
  })

  it('is not made when it would be too large', () => {
    expect(() => decodeSnappyBlock(compress(Buffer.alloc(11)), 10)).toThrow(expect.objectContaining({ status: 413 }))
  })

  it('of arbitrary bytes is refused or decoded, and nothing worse', () => {
    const literal = fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 30 })).map(([tag, bytes]) => [20, tag, ...bytes])
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), literal), (bytes) => {
        try {
          decodeSnappyBlock(Buffer.from(bytes), max)
        } catch (error) {
          expect(isHttpProblem(error)).toBe(true)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
