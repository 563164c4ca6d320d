import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { StreamLines } from './stream-lines.ts'
import { CollectingOutput } from './testing/collecting-output.ts'
import { TestClock } from './testing/test-clock.ts'

function reading(stream: Readable, flushMs = 500) {
  const output = new CollectingOutput()
  const clock = new TestClock()
  const lost: number[] = []
  const lines = new StreamLines({
    stream,
    source: { id: 'test' },
    output,
    clock,
    flushMs,
    onLost: (bytes) => lost.push(bytes),
  })
  return { lines, output, clock, lost, texts: () => output.lines.map(({ text }) => text) }
}

describe('StreamLines', () => {
  it('sends the lines of a stream, the last one without its end too', async () => {
    const { lines, texts, clock } = reading(Readable.from([Buffer.from('one\ntw'), 'o\nthree']))
    await lines.read()
    expect(texts()).toEqual(['one', 'two', 'three'])
    expect(clock.pending).toBe(0)
  })

  it('sends an unfinished line when nothing has come for a while, or never where it may not', async () => {
    for (const [flushMs, expected] of [
      [500, ['login: ']],
      [0, []],
    ] as const) {
      const stream = new PassThrough()
      const { lines, texts, clock } = reading(stream, flushMs)
      const end = lines.read()
      stream.write('login: ')
      await clock.advance(1000)
      expect(texts()).toEqual(expected)
      stream.end()
      await end
      expect(texts()).toEqual(['login: '])
    }
  })

  it('sends what it has read before it says that the stream has failed', async () => {
    const stream = new PassThrough()
    const { lines, texts, clock } = reading(stream)
    const end = lines.read()
    const failed = expect(end).rejects.toThrow('EIO')
    stream.write('one\ntw')
    await clock.advance(0)
    stream.destroy(new Error('EIO'))
    await failed
    expect(texts()).toEqual(['one', 'tw'])
  })

  it('tells what could not be delivered', async () => {
    const { lines, output, lost } = reading(Readable.from(['one\n']))
    output.holding = true
    await lines.read()
    output.rejectAll(new Error('the sink is gone'))
    await expect.poll(() => lost).toEqual([4])
  })
})
