import { describe, expect, it } from 'vitest'
import {
  Clock,
  ConnectorOutput,
  defineConnector,
  defineDetector,
  defineExporter,
  defineExtension,
  defineParser,
  defineProcessor,
  defineReceiver,
  PermanentError,
  Type,
} from '../index.ts'
import { harness } from './kind-harness.ts'

describe('the harness', () => {
  const pair = defineParser({
    type: 'pair',
    create: () => ({
      parse(line, record) {
        const [name, value, ...rest] = line.split('=')
        if (name === undefined || value === undefined || rest.length > 0) return false
        record.attributes.set(name, value)
        return true
      },
    }),
  })

  it('feeds a parser a text of lines, or a list', async () => {
    const records = [
      { body: 'a=1', attributes: { a: '1' } },
      { body: 'b', attributes: {} },
    ]
    expect(await harness(pair).feed('a=1\nb\n')).toEqual({ records, failures: 1 })
    expect(await harness(pair).feed(['a=1', 'b'])).toEqual({ records, failures: 1 })
  })

  it('feeds a detector, gives its config, and goes on after a restart', async () => {
    const every = defineDetector({
      type: 'every',
      config: Type.Object({ count: Type.Integer({ description: 'How many', default: 3 }) }),
      create({ config }) {
        let seen = 0
        return {
          observe(record, report) {
            if (++seen % config.count === 0) report({ title: `${seen} seen`, severity: 'info', time: record.time })
          },
          advance(time, report) {
            if (time === 100) report({ title: 'late', severity: 'info', time })
          },
          snapshot: () => seen,
          restore(snapshot) {
            seen = Number(snapshot)
          },
        }
      },
    })
    const detector = harness(every, { config: { count: 2 } })
    const { records, alerts } = await detector.feed([{ time: 1, body: 'one' }])
    expect({ records, alerts }).toEqual({ records: [{ time: 1, body: 'one', attributes: {} }], alerts: [] })
    detector.restart()
    await detector.feed([{ time: 2 }])
    expect((await detector.advance(100)).alerts.map(({ title }) => title)).toEqual(['2 seen', 'late'])
  })

  it('starts a processor before its first records, and hands out what it held back', async () => {
    const hold = defineProcessor({
      type: 'hold',
      create() {
        let isStarted = false
        return {
          start() {
            isStarted = true
          },
          process: (batch) => (isStarted ? batch.filter(({ body }) => body === 'pass') : null),
          flush: () => null,
        }
      },
    })
    const processor = harness(hold)
    expect((await processor.feed(['pass', 'stay'])).records).toEqual([{ body: 'pass', attributes: {} }])
    expect((await processor.stop()).records).toEqual([])
  })

  it('gives what a connector sends on, and throws what an exporter throws', async () => {
    const forward = defineConnector({
      type: 'forward',
      emits: 'logs',
      inject: { output: ConnectorOutput },
      create: ({ output }) => ({ export: async (batch) => void (await output.send(batch)) }),
    })
    expect((await harness(forward).feed(['one'])).emitted).toEqual([{ body: 'one', attributes: {} }])
    const refusing = defineExporter({
      type: 'refusing',
      create: () => ({ export: () => Promise.reject(new PermanentError('no')) }),
    })
    await expect(harness(refusing).feed(['one'])).rejects.toThrow('no')
  })

  it('runs a receiver and an extension by its clock', async () => {
    const beat = defineReceiver({
      type: 'beat',
      reads: 'lines',
      inject: { clock: Clock },
      create({ clock }) {
        const source = { id: 'beat' }
        let timer = { cancel() {} }
        return {
          start(output) {
            timer = clock.every(10, () => {
              const bytes = Buffer.from('beat\n')
              void output.sendLines({ bytes, from: 0, to: bytes.length, source })
            })
          },
          stop: () => timer.cancel(),
        }
      },
    })
    const receiver = harness(beat)
    await receiver.start()
    expect((await receiver.advance(25)).lines).toEqual(['beat', 'beat'])
    expect((await receiver.stop()).lines).toEqual(['beat', 'beat'])

    const beats: number[] = []
    const watch = defineExtension({
      type: 'watch',
      inject: { clock: Clock },
      create({ clock }) {
        let timer = { cancel() {} }
        return {
          start() {
            timer = clock.every(10, () => void beats.push(clock.monotonic()))
          },
          stop: () => timer.cancel(),
        }
      },
    })
    const extension = harness(watch)
    await extension.start()
    await extension.advance(25)
    await extension.stop()
    await extension.advance(25)
    expect(beats).toHaveLength(2)
  })
})
