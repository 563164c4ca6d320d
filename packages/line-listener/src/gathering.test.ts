import { Buffer } from 'node:buffer'
import { CollectingOutput, TestClock } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { BlockPool } from './block-pool.ts'
import { Gathering } from './gathering.ts'

/** Takes records that indented lines continue, the last one only when it is flushed: what the pipeline does. */
class RecordOutput extends CollectingOutput {
  readonly taken: string[] = []

  override async sendLines({ bytes, from, to, flush }: Parameters<CollectingOutput['sendLines']>[0]) {
    const text = bytes.toString('utf8', from, to)
    const last = flush === true ? text.length : Math.max(0, text.search(/\n\S[^\n]*(\n\s+\S[^\n]*)*\n?$/) + 1)
    this.taken.push(
      ...text
        .slice(0, last)
        .split(/\n(?!\s)/)
        .filter((record) => record !== ''),
    )
    return {
      done: Promise.resolve(),
      stored: Promise.resolve(),
      consumed: from + Buffer.byteLength(text.slice(0, last)),
    }
  }
}

function gathering(blockBytes = 64, joinMs?: number, output = new CollectingOutput()) {
  const clock = new TestClock()
  const queue = { bytes: 0 }
  const sizes: number[] = []
  const { sendLines } = output
  output.sendLines = (lines) => {
    sizes.push(lines.to - lines.from)
    return sendLines.call(output, lines)
  }
  const one = new Gathering({
    source: { id: 'test' },
    output,
    clock,
    blocks: new BlockPool(blockBytes),
    flushMs: 5,
    joinMs,
    queue,
    newlines: 'escape',
    onRoom: () => {},
    onLost: () => {},
  })
  const message = (text: string) => {
    const bytes = Buffer.from(text)
    one.message(bytes, 0, bytes.length)
  }
  return { one, output, clock, queue, sizes, message, texts: () => output.lines.map(({ text }) => text) }
}

describe('Gathering', () => {
  it('sends many messages as one when they have waited long enough', async () => {
    const { message, clock, sizes, texts } = gathering()
    for (const text of ['one', 'two', 'three']) message(text)
    await clock.advance(4)
    expect(sizes).toEqual([])
    await clock.advance(1)
    expect(sizes).toEqual([14])
    expect(texts()).toEqual(['one', 'two', 'three'])
    expect(clock.pending).toBe(0)
  })

  it('sends a block at once when it is full, and messages that are larger than a block', async () => {
    const { message, clock, sizes, texts, queue } = gathering()
    const messages = ['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(500), 'd']
    for (const text of messages) message(text)
    await clock.advance(0)
    expect(sizes).toEqual([41, 41, 501])
    await clock.advance(5)
    expect(texts()).toEqual(messages)
    expect(queue.bytes).toBe(0)
  })

  it('gathers more while the pipeline is held back, and keeps the order', async () => {
    const { message, clock, output, texts, sizes, queue, one } = gathering(1000)
    output.block()
    message('first')
    await clock.advance(5)
    for (let index = 0; index < 100; index++) message(`later ${index}`)
    await clock.advance(50)
    expect(queue.bytes).toBeGreaterThan(800)
    output.open()
    await one.drain()
    expect(texts()).toEqual(['first', ...Array.from({ length: 100 }, (_, index) => `later ${index}`)])
    expect(sizes.length).toBe(2)
    expect(clock.pending).toBe(0)
  })

  it('keeps a message with line feeds in one record, whatever its place in the block', async () => {
    const { message, clock, texts } = gathering()
    for (const text of ['x'.repeat(50), 'a\nb\nc', `${'\n'.repeat(30)}z`]) message(text)
    await clock.advance(5)
    expect(texts()).toEqual(['x'.repeat(50), 'a#012b#012c', `${'#012'.repeat(30)}z`])
  })

  it('joins what belongs to one record, however the blocks fall, and waits for more of it', async () => {
    const output = new RecordOutput()
    const { message, clock, one } = gathering(16, 500, output)
    for (const text of ['failed', '  at one', '  at two', '  at three', 'next']) message(text)
    await clock.advance(100)
    expect(output.taken).toEqual(['failed\n  at one\n  at two\n  at three'])
    message('  at four')
    await clock.advance(490)
    expect(output.taken).toHaveLength(1)
    await clock.advance(20)
    expect(output.taken.slice(1)).toEqual(['next\n  at four'])
    message('last')
    one.finish()
    await clock.advance(0)
    expect(output.taken.slice(2)).toEqual(['last'])
    expect(one.isIdle).toBe(true)
    expect(clock.pending).toBe(0)
  })
})
