import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fixture } from './receiver.fixture.ts'

/** What happens between two pieces of the input. */
const event = fc.constantFrom('nothing', 'nothing', 'wait', 'restart', 'crash', 'rename', 'copytruncate')

describe('a file that is written in any pieces', () => {
  it('gives the same lines, each once, over waits, restarts and rotations', async () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '日', ' ', '\r', '\0'), maxLength: 40 })
    const pieces = fc.array(fc.record({ size: fc.integer({ min: 1, max: 60 }), event }), {
      minLength: 1,
      maxLength: 10,
    })
    const input = fc.record({ words: fc.array(word, { minLength: 1, maxLength: 20 }), pieces })
    await fc.assert(
      fc.asyncProperty(input, async ({ words, pieces: cuts }) => {
        const fixture = await Fixture.create()
        try {
          const texts = words.map((text, index) => `${index} ${text.replaceAll('\r', '')}`)
          await write(fixture, Buffer.from(texts.map((text) => `${text}\n`).join('')), cuts)
          await fixture.until(() => texts.every((text) => fixture.lines.includes(text)))
          await fixture.pass()
          expect(fixture.lines.toSorted()).toEqual(texts.toSorted())
        } finally {
          await fixture.remove()
        }
      }),
      { numRuns: 25 },
    )
  })
})

async function write(fixture: Fixture, bytes: Buffer, cuts: { size: number; event: string }[]): Promise<void> {
  const { copyFile, rename, truncate } = await import('node:fs/promises')
  const config = { include: ['app.log*', 'canary-*.log'], flush_period: '0' }
  await fixture.write('app.log', '')
  await fixture.start(config)
  let at = 0
  for (const [index, { size, event: what }] of cuts.entries()) {
    await fixture.append('app.log', bytes.subarray(at, at + size))
    at += size
    const isLineEnd = bytes[Math.min(at, bytes.length) - 1] === 10
    if (what === 'wait') await fixture.pass()
    if (what === 'restart' || what === 'crash') {
      await fixture.pass()
      await fixture.clock.advance(1000)
      await (what === 'crash' ? fixture.crash() : fixture.stop())
      await fixture.start(config)
    }
    if (!isLineEnd) continue
    // A writer rotates between lines; what the lookout has not seen before may be counted as a new file.
    if (what === 'rename') {
      await fixture.pass()
      await rename(fixture.path('app.log'), fixture.path(`app.log.${index}`))
      await fixture.write('app.log', '')
    }
    if (what === 'copytruncate') {
      await fixture.pass()
      await copyFile(fixture.path('app.log'), fixture.path(`app.log.${index}`))
      await truncate(fixture.path('app.log'))
    }
  }
  await fixture.append('app.log', bytes.subarray(at))
}
