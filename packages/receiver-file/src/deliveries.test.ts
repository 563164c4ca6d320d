import type { Lines, LinesDelivery } from '@weir/sdk'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

type Fate = 'at once' | 'later' | 'refused' | 'refused later'

it('has every line delivered, whatever is refused, late or cut short by a crash', async () => {
  const fates = fc.array(fc.constantFrom<Fate>('at once', 'later', 'refused', 'refused later'), { maxLength: 12 })
  const steps = fc.array(fc.constantFrom('append', 'append', 'wait', 'crash', 'stop'), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(fates, steps, async (given, todo) => {
      const fixture = await Fixture.create()
      const delivered = new Set<string>()
      const open = [...given]
      /** Only what has been acknowledged counts as delivered. */
      const sendLines = async ({ bytes, from, to }: Lines): Promise<LinesDelivery> => {
        const consumed = Math.max(from, bytes.lastIndexOf(10, to - 1) + 1)
        const texts = linesOf(bytes.toString('utf8', from, consumed))
        const fate = open.shift() ?? 'at once'
        const done = Promise.withResolvers<void>()
        const settle = () => {
          if (fate.startsWith('refused')) return done.reject(new Error('the sink is gone'))
          for (const text of texts) delivered.add(text)
          done.resolve()
        }
        if (fate.endsWith('later')) fixture.clock.after(300, settle)
        else settle()
        return { consumed, done: done.promise, stored: done.promise }
      }
      const start = async () => {
        fixture.output.sendLines = sendLines
        await fixture.startInto({ include: ['*.log'], flush_period: '0' })
      }
      try {
        let written = 0
        await start()
        for (const step of todo) {
          if (step === 'append') {
            await fixture.append('a.log', numbered(written + 1, written + 5))
            written += 5
          } else if (step === 'wait') await fixture.clock.advance(1000)
          else {
            await (step === 'crash' ? fixture.crash() : fixture.stop())
            await start()
          }
        }
        await fixture.until(() => delivered.size === written)
        expect([...delivered].toSorted()).toEqual(linesOf(numbered(1, written)).toSorted())
      } finally {
        await fixture.remove()
      }
    }),
    { numRuns: 20 },
  )
})
