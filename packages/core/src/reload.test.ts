import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Definition,
  defineExporter,
  defineExtension,
  defineParser,
  defineProcessor,
  defineReceiver,
  LogBatch,
  type Output,
  State,
  Type,
  WeirError,
} from '@weir/sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Collector } from './collector.ts'
import { loadConfig } from './config/load-config.ts'
import { Registry } from './plugins/registry.ts'
import { checkConfig, type Prepared } from './prepare.ts'
import { StateStore } from './state/state-store.ts'

let folder: string
/** What started and stopped, in order. */
let events: string[]
/** What the exporters took, by name. */
let taken: Map<string, number[]>
/** What the receivers send into, by name; and how far each has come. */
let outputs: Map<string, Output>
/** What the counting processors have seen when they were last asked or stopped. */
let counts: Map<string, number>
let isDown: boolean
/** Called when a feed stops: receivers that go on are held back then. */
let whileHeld: () => void
let collector: Collector | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-reload-'))
  events = []
  taken = new Map()
  outputs = new Map()
  counts = new Map()
  isDown = false
  whileHeld = () => {}
})

afterEach(async () => {
  collector?.abort()
  await collector?.stop()
  collector = undefined
  rmSync(folder, { recursive: true, force: true })
})

const named = Type.Object({
  name: Type.String({ description: 'Name in the story.', default: 'one' }),
  fails: Type.Boolean({ description: 'Cannot start.', default: false }),
})

const start = (what: string, fails: boolean) => {
  events.push(`start ${what}`)
  if (fails) throw new WeirError('it fails', { code: 'TEST_FAILS' })
}

const definitions: Definition[] = [
  defineReceiver({
    type: 'feed',
    config: named,
    create: ({ config: { name, fails } }) => ({
      start(output) {
        start(`receiver ${name}`, fails)
        outputs.set(name, output)
      },
      stop() {
        events.push(`stop receiver ${name}`)
        whileHeld()
      },
    }),
  }),
  defineReceiver({
    type: 'lines',
    reads: 'lines',
    config: named,
    create({ config: { name } }) {
      let sent = 0
      return {
        start(output) {
          const sendLines: Output['sendLines'] = async (lines) => {
            const delivery = await output.sendLines(lines)
            sent += delivery.consumed
            delivery.done.catch(() => {})
            return delivery
          }
          outputs.set(name, { send: (batch) => output.send(batch), sendLines, end() {} })
        },
        checkpoint: () => ({ sent }),
        stop() {},
      }
    },
  }),
  defineParser({ type: 'auto', create: () => ({ parse: () => true }) }),
  defineProcessor({
    type: 'count',
    config: named,
    inject: { state: State },
    create({ config: { name }, state }) {
      let count = 0
      return {
        start() {
          count = Number(state.get('count') ?? 0)
          events.push(`start processor ${name} at ${count}`)
        },
        process(batch) {
          count += batch.length
          counts.set(name, count)
          return batch
        },
        checkpoint: () => ({ count }),
        stop: () => state.set('count', count),
      }
    },
  }),
  defineExporter({
    type: 'keep',
    config: named,
    create: ({ config: { name, fails } }) => ({
      start: () => start(`exporter ${name}`, fails),
      async export(batch, { abortSignal }) {
        while (isDown) {
          await new Promise((resolve) => setTimeout(resolve, 5))
          abortSignal.throwIfAborted()
        }
        const bodies = Array.from({ length: batch.length }, (_, index) => Number(batch.body(index)))
        taken.set(name, [...(taken.get(name) ?? []), ...bodies])
      },
      stop: () => void events.push(`stop exporter ${name}`),
    }),
  }),
  defineExtension({
    type: 'helper',
    config: named,
    create: ({ config: { name } }) => ({ start: () => void events.push(`start extension ${name}`), stop: () => {} }),
  }),
]

async function prepared(config: object): Promise<Prepared> {
  writeFileSync(join(folder, 'weir.json'), JSON.stringify(config))
  const registry = new Registry()
  for (const definition of definitions)
    registry.add(definition, { packageName: '@weir/test', version: '1.0.0', entry: 'file:///test.js' })
  const checked = checkConfig(await loadConfig({ cwd: folder, files: ['weir.json'], env: {} }), registry)
  expect(checked.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return { registry, pluginProblems: [], watched: [], ...checked }
}

const base = {
  receivers: { feed: {}, 'feed/two': { name: 'two' } },
  processors: { count: {} },
  exporters: { keep: {}, 'keep/two': { name: 'two' } },
}
const pipelines = {
  logs: { receivers: ['feed'], processors: ['count'], exporters: ['keep'] },
  'logs/two': { receivers: ['feed/two'], exporters: ['keep/two'] },
}
const config = (change: object = {}, pipes: object = pipelines, service: object = {}) => ({
  ...base,
  ...change,
  service: { shutdown_timeout: '1s', pipelines: pipes, ...service },
})

async function started(first: object = config()): Promise<Collector> {
  const made = new Collector(await prepared(first), {
    ...{ once: false, isTerminal: false, terminal: { write: () => {} }, logLevel: 'silent' as const },
  })
  collector = made
  await made.start()
  events.splice(0)
  return made
}

/** Sends a number as a record. */
async function send(name: string, number: number): Promise<{ done: Promise<void> }> {
  const batch = new LogBatch({ capacity: 1 })
  batch.append().body = String(number)
  const delivery = await outputs.get(name)?.send(batch)
  const done = delivery?.done ?? Promise.reject(new Error(`${name} does not run`))
  done.catch(() => {})
  return { done }
}

describe('a reload', () => {
  it('stops nothing when nothing has changed', async () => {
    const running = await started()
    await running.reload(await prepared(config()))
    expect(events).toEqual([])
    await send('one', 1)
    await expect.poll(() => taken.get('one')).toEqual([1])
  })

  it('keeps receivers and exporters that are the same, and what the processors know', async () => {
    const running = await started()
    await send('one', 1)
    await expect.poll(() => counts.get('one')).toBe(1)
    await running.reload(
      await prepared(
        config(
          { processors: { count: {}, 'count/more': { name: 'more' } } },
          {
            ...pipelines,
            logs: { receivers: ['feed'], processors: ['count', 'count/more'], exporters: ['keep'] },
          },
        ),
      ),
    )
    expect(events).toEqual(['start processor one at 1', 'start processor more at 0'])
    await send('one', 2)
    await expect.poll(() => taken.get('one')).toEqual([1, 2])
    expect([counts.get('one'), counts.get('more')]).toEqual([2, 1])
  })

  it('starts anew what has changed, and only that', async () => {
    const running = await started()
    await running.reload(
      await prepared(config({ exporters: { keep: { name: 'other' }, 'keep/two': { name: 'two' } } })),
    )
    expect(events).toEqual(['stop exporter one', 'start exporter other', 'start processor one at 0'])
    await send('one', 1)
    await send('two', 2)
    await expect.poll(() => [taken.get('other'), taken.get('two')]).toEqual([[1], [2]])
  })

  it('lets pipelines in which nothing has changed go on without a pause', async () => {
    const running = await started()
    isDown = true
    const waiting = await send('two', 1)
    // The exporter of the other pipeline is stuck; that is none of this one's business.
    const reloading = running.reload(
      await prepared(config({ receivers: { feed: { name: 'new' }, 'feed/two': { name: 'two' } } })),
    )
    await reloading
    isDown = false
    await waiting.done
    expect(events).toEqual(['stop receiver one', 'start processor one at 0', 'start receiver new'])
  })

  it('loses nothing and sends nothing twice, while records come all the time', async () => {
    const running = await started()
    let next = 0
    let isSending = true
    const deliveries: Promise<void>[] = []
    const sending = (async () => {
      while (isSending) {
        deliveries.push((await send('one', next++)).done)
        await new Promise(setImmediate)
      }
    })()
    for (let change = 0; change < 20; change++) {
      const processors = { count: {}, 'count/other': { name: `other ${change}` } }
      const logs = { receivers: ['feed'], processors: ['count', 'count/other'], exporters: ['keep'] }
      await running.reload(await prepared(config({ processors }, { ...pipelines, logs })))
    }
    isSending = false
    await sending
    await Promise.all(deliveries)
    expect(events.filter((event) => / (receiver|exporter) /.test(event))).toEqual([])
    expect(taken.get('one')).toEqual(Array.from({ length: next }, (_, number) => number))
    expect(counts.get('one')).toBe(next)
  })

  it('stores no position of what was held back meanwhile before it is delivered', async () => {
    const receivers = { lines: { name: 'lines' }, feed: {} }
    const logs = { receivers: ['lines', 'feed'], exporters: ['keep'] }
    const service = { checkpoint_interval: '20ms', state_dir: join(folder, 'state') }
    const running = await started(config({ receivers }, { logs }, service))
    isDown = true
    const bytes = Buffer.from('1\n')
    let held: Promise<unknown> | undefined
    whileHeld = () => {
      held = outputs.get('lines')?.sendLines({ bytes, from: 0, to: 2, source: { id: 'test' }, flush: true })
    }
    const changed = { ...receivers, feed: { name: 'new' } }
    const next = config({ receivers: changed }, { logs: { ...logs, processors: ['count'] } }, service)
    await running.reload(await prepared(next))
    whileHeld = () => {}
    await held
    // Ten times the interval of checkpoints.
    await new Promise((resolve) => setTimeout(resolve, 200))
    running.abort()
    await running.stop()
    const store = await StateStore.open(join(folder, 'state'), () => {})
    expect(store.namespace('receiver/lines').get('sent') ?? 0).toBe(0)
    store.close()
  })

  it('goes back to what ran when something new cannot be started', async () => {
    const running = await started()
    await send('one', 1)
    await expect.poll(() => counts.get('one')).toBe(1)
    const broken = config(
      { receivers: { ...base.receivers, 'feed/three': { name: 'three', fails: true } } },
      {
        ...pipelines,
        logs: { ...pipelines.logs, receivers: ['feed', 'feed/three'] },
      },
    )
    await expect(running.reload(await prepared(broken))).rejects.toThrow('it fails')
    expect(events.filter((event) => /(receiver|exporter) (one|two)/.test(event))).toEqual([])
    await send('one', 2)
    await send('two', 3)
    await expect.poll(() => [taken.get('one'), taken.get('two')]).toEqual([[1, 2], [3]])
    expect(counts.get('one')).toBe(2)
  })

  it('starts all anew when a sink makes everything wait for longer than a stop may take', async () => {
    const running = await started()
    isDown = true
    const waiting = await send('one', 1)
    await running.reload(await prepared(config({ receivers: { ...base.receivers, feed: { name: 'new' } } })))
    await expect(waiting.done).rejects.toThrow()
    isDown = false
    expect(events).toContain('start exporter one')
    await send('new', 2)
    await expect.poll(() => taken.get('one')).toEqual([2])
  })

  it('starts all anew when the service or an extension has changed', async () => {
    const running = await started()
    await running.reload(await prepared({ ...config(), extensions: { helper: {} } }))
    expect(events).toContain('start extension one')
    expect(events.filter((event) => /^start (receiver|exporter)/.test(event))).toHaveLength(4)
  })
})
