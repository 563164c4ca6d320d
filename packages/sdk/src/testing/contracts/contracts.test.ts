import { describe, expect, it } from 'vitest'
import {
  Clock,
  type Detector,
  Duration,
  defineDetector,
  defineExporter,
  defineExtension,
  defineParser,
  defineProcessor,
  defineReceiver,
  type Exporter,
  type Extension,
  LogBatch,
  type Parser,
  PermanentError,
  type Processor,
  type Receiver,
  RetryableError,
  State,
  type TSchema,
  Type,
} from '../../index.ts'
import type { Contract } from './contract.ts'
import { detectorContract } from './detector.ts'
import { exporterContract } from './exporter.ts'
import { extensionContract } from './extension.ts'
import { parserContract } from './parser.ts'
import { processorContract } from './processor.ts'
import { receiverContract } from './receiver.ts'

const described = { type: 'tested', description: 'A component of a test' }
/** Bad components that never settle are waited for no longer than this. */
const limitMs = 100

async function failed(contracts: readonly Contract[]): Promise<string[]> {
  const names: string[] = []
  for (const { name, run } of contracts) {
    try {
      await run()
    } catch {
      names.push(name)
    }
  }
  return names
}

/** Each of these components breaks a contract whose name contains its key. */
const breaks = async (contracts: readonly Contract[], word: string) =>
  expect(await failed(contracts.filter(({ name }) => name.includes(word)))).not.toEqual([])

describe('the contract of every kind', () => {
  const withConfig = (config: TSchema) =>
    processorContract(defineProcessor({ ...described, config, create: () => ({ process: (batch) => batch }) }), {
      inputs: ['one'],
    })
  const schemas: [string, TSchema][] = [
    ['a key without a description', Type.Object({ key: Type.Integer({ default: 1 }) })],
    ['a nested key without one', Type.Object({ key: Type.Object({ inner: Type.String() }, { description: 'Outer' }) })],
    ['a default of another type', Type.Object({ key: Type.Integer({ description: 'Key', default: 'one' }) })],
    ['a default out of range', Type.Object({ key: Type.Integer({ description: 'Key', default: 0, minimum: 1 }) })],
    ['a duration that is none', Type.Object({ key: Duration({ description: 'Key', default: '1 fortnight' }) })],
  ]

  it.each(schemas)('is broken by %s', (_, schema) => breaks(withConfig(schema), 'describes itself'))

  it('is broken by a component that does not describe itself', () => {
    const silent = defineProcessor({ type: 'silent', create: () => ({ process: (batch) => batch }) })
    return breaks(processorContract(silent, { inputs: ['one'] }), 'describes itself')
  })
})

describe('the contract of receivers', () => {
  const contract = (create: (clock: Clock) => Receiver) =>
    receiverContract(defineReceiver({ ...described, inject: { clock: Clock }, create: ({ clock }) => create(clock) }), {
      limitMs,
    })
  const batch = () => {
    const one = new LogBatch({ capacity: 1 })
    one.append().body = 'one'
    return one
  }
  /** Sends a record every second, one at a time, until it is stopped. */
  const good = (clock: Clock): Receiver => {
    let timer = { cancel() {} }
    let isBusy = false
    return {
      start(output) {
        timer = clock.every(1000, () => {
          if (isBusy) return
          isBusy = true
          void output.send(batch()).then(() => {
            isBusy = false
          })
        })
      },
      stop: () => timer.cancel(),
    }
  }

  it('is met by a good one', async () => expect(await failed(contract(good))).toEqual([]))

  const never = new Promise<void>(() => {})
  const bad: [string, (clock: Clock) => Receiver][] = [
    ['no timer', (clock) => ({ ...good(clock), stop() {} })],
    ['sends nothing after', (clock) => ({ ...good(clock), stop() {} })],
    ['without having been started', () => ({ start() {}, stop: () => Promise.reject(new Error('not started')) })],
    [
      'waits while there is no room',
      (clock) => ({ start: (output) => void clock.every(1000, () => void output.send(batch())), stop() {} }),
    ],
    [
      'while batches are under way',
      (clock) => {
        const deliveries: Promise<unknown>[] = []
        let timer = { cancel() {} }
        return {
          start(output) {
            timer = clock.every(1000, () => void deliveries.push(output.send(batch()).then(({ done }) => done)))
          },
          async stop() {
            timer.cancel()
            await Promise.all(deliveries)
          },
        }
      },
    ],
    [
      'while it starts',
      (clock) => {
        let timer = { cancel() {} }
        return {
          async start() {
            await null
            timer = clock.every(1000, () => {})
          },
          stop: () => timer.cancel(),
        }
      },
    ],
    ['starts and stops', () => ({ start: () => never, stop() {} })],
  ]
  it.each(bad)('is broken: %s', (word, create) => breaks(contract(create), word))

  it('is broken by one that cannot start with its own state', () => {
    const definition = defineReceiver({
      ...described,
      inject: { state: State },
      create: ({ state }) => ({
        start() {
          if (state.get('started') === true) throw new Error('unknown state')
          state.set('started', true)
        },
        stop() {},
      }),
    })
    return breaks(receiverContract(definition, {}), 'starts again')
  })
})

describe('the contract of exporters', () => {
  type Options = Parameters<typeof exporterContract>[1]
  const contract = (create: (clock: Clock) => Exporter, options: Partial<Options> = {}) =>
    exporterContract(defineExporter({ ...described, inject: { clock: Clock }, create: ({ clock }) => create(clock) }), {
      limitMs,
      ...options,
    })
  const good: Exporter = { export: async () => {} }
  const bad: [string, (clock: Clock) => Exporter][] = [
    ['no timer', (clock) => ({ ...good, start: () => void clock.every(1000, () => {}) })],
    [
      'delivers records with nothing in them',
      () => ({
        async export(batch) {
          for (const { body } of batch) if (typeof body !== 'string') throw new TypeError('no text')
        },
      }),
    ],
    [
      'leaves the records',
      () => ({
        async export(batch) {
          batch.forEach((record) => {
            record.body = 'changed'
          })
        },
      }),
    ],
    ['without having been used', () => ({ ...good, stop: () => Promise.reject(new Error('nothing to close')) })],
    ['ends an attempt', () => ({ export: () => new Promise(() => {}) })],
    [
      'while it starts',
      (clock) => ({
        ...good,
        async start() {
          await null
          clock.every(1000, () => {})
        },
      }),
    ],
  ]

  it('is met by a good one', async () => expect(await failed(contract(() => good))).toEqual([]))
  it.each(bad)('is broken: %s', (word, create) => breaks(contract(create), word))

  it('holds what is thrown to what was said of the peer', async () => {
    const throwing = (error: Error): Exporter => ({ export: () => Promise.reject(error) })
    const failing = (error: 'retryable' | 'permanent') => ({ failing: [{ name: 'peer', config: {}, error }] })
    const outcome = (error: Error, expected: 'retryable' | 'permanent') =>
      failed(contract(() => throwing(error), failing(expected)).filter(({ name }) => name.endsWith(': peer')))
    expect(await outcome(new RetryableError('later'), 'retryable')).toEqual([])
    expect(await outcome(new PermanentError('never'), 'permanent')).toEqual([])
    expect(await outcome(new RetryableError('later'), 'permanent')).toHaveLength(1)
    expect(await outcome(new Error('what?'), 'retryable')).toHaveLength(1)
    await breaks(
      contract(() => good, failing('retryable')),
      ': peer',
    )
  })
})

describe('the contract of processors', () => {
  const contract = (create: (clock: Clock) => Processor) =>
    processorContract(
      defineProcessor({ ...described, inject: { clock: Clock }, create: ({ clock }) => create(clock) }),
      { inputs: ['one', { body: 'two', time: 2 }], limitMs },
    )
  const good: Processor = { process: (batch) => batch }
  let calls = 0
  const bad: [string, (clock: Clock) => Processor][] = [
    ['does the same each time', () => ({ process: (batch) => (calls++ % 2 === 0 ? batch : null) })],
    ['no timer', (clock) => ({ ...good, start: () => void clock.every(1000, () => {}) })],
    [
      'survives records',
      () => ({
        process: (batch) =>
          batch.filter(({ body }) => String(body).length > 0 && body !== null && JSON.parse(`"${body}"`)),
      }),
    ],
    ['that are selected', () => ({ process: (batch) => batch.select(null) })],
    ['without having been used', () => ({ ...good, stop: () => Promise.reject(new Error('nothing')) })],
    ['while a batch is under way', () => ({ process: () => new Promise(() => {}) })],
    [
      'leaves the records',
      () => ({
        process(batch) {
          batch.forEach((record) => {
            record.body = 'changed'
          })
          return batch
        },
      }),
    ],
  ]

  it('is met by a good one', async () => expect(await failed(contract(() => good))).toEqual([]))
  it.each(bad)('is broken: %s', (word, create) => breaks(contract(create), word))

  it('is broken by one that asks for a state and does not use it', () => {
    const definition = defineProcessor({
      ...described,
      inject: { state: State },
      create() {
        let count = 0
        return { process: (batch) => (++count > 1 ? batch : null) }
      },
    })
    return breaks(processorContract(definition, { inputs: ['one', 'two', 'three'] }), 'after a restart')
  })
})

describe('the contract of detectors', () => {
  const inputs = [{ time: 0 }, { time: 1000 }, { time: 2000 }]
  const contract = (create: (clock: Clock) => Detector) =>
    detectorContract(defineDetector({ ...described, inject: { clock: Clock }, create: ({ clock }) => create(clock) }), {
      inputs,
    })
  /** Reports the third record. */
  const good = (): Detector => {
    let count = 0
    return {
      observe(record, report) {
        if (++count === 3) report({ title: 'the third', severity: 'info', time: record.time })
      },
      snapshot: () => count,
      restore(snapshot) {
        count = typeof snapshot === 'number' ? snapshot : 0
      },
    }
  }
  let runs = 0
  const bad: [string, (clock: Clock) => Detector][] = [
    ['reports what the example shows', () => ({ observe() {} })],
    [
      'reports the same each time',
      () => ({ observe: (_, report) => report({ title: `${runs++}`, severity: 'info', time: 0 }) }),
    ],
    ['restarted at any record', () => ({ ...good(), snapshot: () => 0 })],
    [
      'no timer',
      (clock) => {
        clock.every(1000, () => {})
        return good()
      },
    ],
    [
      'a snapshot that is none',
      () => {
        let list: unknown[] = []
        return {
          observe: (record, report) => {
            if (list.push(record.time) === 3) report({ title: 'the third', severity: 'info', time: record.time })
          },
          snapshot: () => list.map(Number),
          restore(snapshot) {
            list = snapshot as unknown[]
          },
        }
      },
    ],
    [
      'records with nothing in them',
      () => ({
        ...good(),
        observe(record, report) {
          if (record.body !== undefined) throw new TypeError('a body?')
          report({ title: 'one', severity: 'info', time: record.time })
        },
      }),
    ],
    [
      'simple and on the columnar level',
      () => ({
        ...good(),
        observeBatch: (batch, report) => report({ title: `${batch.length}`, severity: 'info', time: 0 }),
      }),
    ],
  ]

  it('is met by a good one', async () => expect(await failed(contract(good))).toEqual([]))
  it.each(bad)('is broken: %s', (word, create) => breaks(contract(create), word))
})

describe('the contract of parsers', () => {
  const lines = ['a=1', 'b=2', 'c=3']
  const contract = (create: (state: State) => Parser) =>
    parserContract(defineParser({ ...described, inject: { state: State }, create: ({ state }) => create(state) }), {
      lines,
    })
  const good: Parser = {
    parse(line, record) {
      const [name = '', value, ...rest] = line.split('=')
      if (!/^[a-z]$/.test(name) || value === undefined || rest.length > 0) return false
      record.attributes.set(name, value)
      return true
    },
  }
  const bad: [string, (state: State) => Parser][] = [
    ['accepts lines of its own format', () => ({ parse: () => false })],
    ['survives lines of no format', () => ({ parse: (line) => JSON.parse(line) === 1 })],
    ['is sure of itself', () => ({ ...good, sniff: () => 2 })],
    [
      'restarted between two lines',
      () => {
        let count = 0
        return {
          parse(_, record) {
            record.attributes.set('number', ++count)
            return true
          },
        }
      },
    ],
    [
      'simple and on the columnar level',
      () => ({
        parse: good.parse,
        parseBatch(_bytes, from, to, batch) {
          batch.addLine(from, to - 1)
          return to
        },
      }),
    ],
  ]

  it('is met by a good one', async () => expect(await failed(contract(() => good))).toEqual([]))
  it.each(bad)('is broken: %s', (word, create) => breaks(contract(create), word))
})

describe('the contract of extensions', () => {
  const contract = (create: (clock: Clock) => Extension) =>
    extensionContract(
      defineExtension({ ...described, inject: { clock: Clock }, create: ({ clock }) => create(clock) }),
      { limitMs },
    )
  const bad: [string, (clock: Clock) => Extension][] = [
    ['no timer', (clock) => ({ start: () => void clock.every(1000, () => {}), stop() {} })],
    ['no handle', () => ({ start: () => void open.push(setInterval(() => {}, 60_000)), stop() {} })],
    ['without having been started', () => ({ start() {}, stop: () => Promise.reject(new Error('not started')) })],
    [
      'while it starts',
      (clock) => ({
        async start() {
          await null
          clock.every(1000, () => {})
        },
        stop() {},
      }),
    ],
    ['starts and stops', () => ({ start() {}, stop: () => new Promise(() => {}) })],
  ]
  const open: NodeJS.Timeout[] = []

  it('is met by a good one', async () => expect(await failed(contract(() => ({ start() {}, stop() {} })))).toEqual([]))
  it.each(bad)('is broken: %s', async (word, create) => {
    await breaks(contract(create), word)
    for (const timer of open.splice(0)) clearInterval(timer)
  })
})
