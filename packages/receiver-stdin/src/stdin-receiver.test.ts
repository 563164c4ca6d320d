import { Buffer } from 'node:buffer'
import { PassThrough, Readable } from 'node:stream'
import { CollectingOutput, MemoryLogger, MemoryMeter, settle, TestClock } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StdinReceiver } from './stdin-receiver.ts'

function setUp(stream: Readable = new PassThrough()) {
  const services = { clock: new TestClock(), logger: new MemoryLogger(), meter: new MemoryMeter() }
  const receiver = new StdinReceiver({ ...services, stream, componentId: 'stdin', flushMs: 500 })
  const output = new CollectingOutput()
  return { ...services, stream, receiver, output, texts: () => output.lines.map(({ text }) => text) }
}

/** Resolves once the input has ended. */
async function ended(output: CollectingOutput): Promise<void> {
  for (let turn = 0; turn < 1000 && !output.ended; turn++) await settle()
  expect(output.ended).toBe(true)
}

const piped = () => {
  const stream = new PassThrough()
  return { ...setUp(stream), write: (text: string) => stream.write(text), close: () => stream.end() }
}

describe('StdinReceiver', () => {
  it('reads lines to the end, the last one without a newline too, and ends', async () => {
    const { receiver, output, texts, write, close, clock } = piped()
    receiver.start(output)
    write('one\ntwo\r\nth')
    write('ree')
    close()
    await ended(output)
    expect(texts()).toEqual(['one', 'two', 'three'])
    expect(clock.pending).toBe(0)
  })

  it('ends on an input that is empty', async () => {
    const { receiver, output, texts, close } = piped()
    receiver.start(output)
    close()
    await ended(output)
    expect(texts()).toEqual([])
  })

  it('gives the same lines wherever the input is split', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '日', '\0', ' ') })
    const input = fc.record({ lines: fc.array(line), cuts: fc.array(fc.nat(200)) })
    await fc.assert(
      fc.asyncProperty(input, async ({ lines, cuts }) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''))
        const offsets = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const chunks = offsets.slice(1).map((to, index) => bytes.subarray(offsets[index], to))
        const { receiver, output, texts } = setUp(Readable.from(chunks.filter((chunk) => chunk.length > 0)))
        receiver.start(output)
        await ended(output)
        expect(texts()).toEqual(lines)
      }),
      { numRuns: 50 },
    )
  })

  it('sends an unfinished line when nothing has come for the flush period', async () => {
    const { receiver, output, texts, write, clock } = piped()
    receiver.start(output)
    write('login: ')
    await clock.advance(400)
    write('root')
    await clock.advance(400)
    expect(texts()).toEqual([])
    await clock.advance(100)
    expect(texts()).toEqual(['login: root'])
    await receiver.stop()
  })

  it('reads no more than there is room for', async () => {
    let produced = 0
    const chunk = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(64))
    const source = new Readable({
      read() {
        this.push(++produced > 1000 ? null : chunk)
      },
    })
    const { receiver, output } = setUp(source)
    output.block()
    receiver.start(output)
    for (let turn = 0; turn < 50; turn++) await settle()
    expect(produced).toBeLessThan(10)
    output.open()
    await ended(output)
    expect(output.lines.length).toBe(64_000)
  })

  it('reads a line of 64 MB without copying it at every chunk', async () => {
    const chunk = Buffer.alloc(64 << 10, 'x')
    const source = Readable.from([...Array.from({ length: 1024 }, () => chunk), Buffer.from('\nnext\n')])
    const { receiver, output, texts } = setUp(source)
    let offered = 0
    const { sendLines } = output
    output.sendLines = (lines) => {
      offered += lines.to - lines.from
      return sendLines.call(output, lines)
    }
    receiver.start(output)
    await ended(output)
    expect(texts().map((text) => text.length)).toEqual([64 << 20, 4])
    expect(offered).toBeLessThan(4 * (64 << 20))
  })

  it('sends what it has read when it is stopped', async () => {
    const { receiver, output, texts, write, clock } = piped()
    receiver.start(output)
    write('one\ntw')
    await settle()
    await receiver.stop()
    expect(texts()).toEqual(['one', 'tw'])
    expect(clock.pending).toBe(0)
  })

  it('counts what could not be delivered, and says so once', async () => {
    const { receiver, output, write, logger, meter, close } = piped()
    output.holding = true
    receiver.start(output)
    write('one\n')
    await settle()
    write('two\n')
    await settle()
    output.rejectAll(new Error('the sink is gone'))
    await settle()
    expect(meter.total('weir_receiver_stdin_lost_bytes')).toBe(8)
    expect(logger.lines.map(({ message }) => message)).toEqual([expect.stringContaining('the sink is gone')])
    close()
    await ended(output)
  })

  it('takes a broken input for its end, with a message', async () => {
    const { receiver, output, texts, write, stream, logger } = piped()
    receiver.start(output)
    write('one\ntw')
    await settle()
    stream.destroy(new Error('EIO'))
    await ended(output)
    expect(texts()).toEqual(['one', 'tw'])
    expect(logger.lines).toEqual([expect.objectContaining({ level: 'error', message: expect.stringContaining('EIO') })])
  })

  it('refuses to share its input with another receiver', async () => {
    const { receiver, output, stream } = setUp()
    receiver.start(output)
    const second = setUp(stream)
    expect(() => second.receiver.start(second.output)).toThrow(expect.objectContaining({ code: 'WEIR_STDIN_TAKEN' }))
    await receiver.stop()
  })
})
