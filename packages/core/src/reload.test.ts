import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import {
  Authenticators,
  ConnectorOutput,
  type Definition,
  defineExporter,
  defineExtension,
  defineParser,
  defineProcessor,
  defineReceiver,
  LogBatch,
  type Output,
  Reference,
  State,
  Type,
  WeirError,
} from '@weir/sdk'
import { StateStore } from '@weir/state'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Collector } from './collector.ts'
import { checkConfig, type Prepared } from './prepare.ts'

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
/** Called when a feed or an exporter stops: receivers that go on are held back then. */
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
    config: Type.Object({
      ...named.properties,
      authenticator: Type.Optional(Reference('authenticator', { description: 'Who says who it is.' })),
    }),
    inject: { authenticators: Authenticators },
    create: ({ config: { name, fails, authenticator }, authenticators }) => ({
      start(output) {
        if (authenticator !== undefined) authenticators.resolve(authenticator)
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
          events.push(`start receiver ${name}`)
          const sendLines: Output['sendLines'] = async (lines) => {
            const delivery = await output.sendLines(lines)
            sent += delivery.consumed
            delivery.done.catch(() => {})
            return delivery
          }
          outputs.set(name, { send: (batch) => output.send(batch), sendLines, storeSoon() {}, end() {} })
        },
        checkpoint: () => ({ sent }),
        stop: () => void events.push(`stop receiver ${name}`),
      }
    },
  }),
  defineParser({ type: 'auto', create: () => ({ parse: () => true }) }),
  defineParser({ type: 'strict', config: named, create: () => ({ parse: () => true }) }),
  defineParser({
    type: 'outer',
    config: Type.Object({ parser: Reference('parser', { description: 'Inside.' }) }),
    create: () => ({ parse: () => true }),
  }),
  defineProcessor({
    type: 'tell',
    emits: 'alerts',
    config: named,
    inject: { output: ConnectorOutput },
    create: ({ config: { name }, output }) => ({
      start: () => void outputs.set(name, output),
      process: (batch) => batch,
      stop: () => void events.push(`stop processor ${name}`),
    }),
  }),
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
      stop() {
        events.push(`stop exporter ${name}`)
        whileHeld()
      },
    }),
  }),
  defineExtension({
    type: 'helper',
    authenticates: true,
    config: named,
    create: ({ config: { name, fails } }) => ({
      start: () => start(`extension ${name}`, fails),
      stop: () => void events.push(`stop extension ${name}`),
      authenticator: { challenge: 'Test', authenticate: () => ({ name }) },
    }),
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
    // What runs already and is the same does not even know.
    expect(events).toEqual(['start processor more at 0'])
    await send('one', 2)
    await expect.poll(() => taken.get('one')).toEqual([1, 2])
    expect([counts.get('one'), counts.get('more')]).toEqual([2, 1])
  })

  it('starts anew what has changed, and only that', async () => {
    const running = await started()
    await running.reload(
      await prepared(config({ exporters: { keep: { name: 'other' }, 'keep/two': { name: 'two' } } })),
    )
    expect(events).toEqual(['stop exporter one', 'start exporter other'])
    await send('one', 1)
    await send('two', 2)
    await expect.poll(() => [taken.get('other'), taken.get('two')]).toEqual([[1], [2]])
  })

  it('starts a processor anew whose config has changed, with what it knew, and nothing else', async () => {
    const processors = { count: {}, 'count/two': { name: 'two' } }
    const logs = { receivers: ['feed'], processors: ['count', 'count/two'], exporters: ['keep'] }
    const running = await started(config({ processors }, { ...pipelines, logs }))
    await send('one', 1)
    await expect.poll(() => taken.get('one')).toEqual([1])
    const changed = { ...processors, count: { name: 'new' } }
    await running.reload(await prepared(config({ processors: changed }, { ...pipelines, logs })))
    expect(events).toEqual(['start processor new at 1'])
    await send('one', 2)
    await expect.poll(() => taken.get('one')).toEqual([1, 2])
    expect([counts.get('new'), counts.get('two')]).toEqual([2, 2])
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
    expect(events).toEqual(['stop receiver one', 'start receiver new'])
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

  it('stops and starts an extension that has changed, and what uses it', async () => {
    const extensions = { helper: {}, 'helper/two': { name: 'two' } }
    const receivers = { feed: { authenticator: 'helper' }, 'feed/two': { name: 'two', authenticator: 'helper/two' } }
    const running = await started({ ...config({ receivers }), extensions })
    await running.reload(
      await prepared({ ...config({ receivers }), extensions: { ...extensions, helper: { name: 'new' } } }),
    )
    expect(events).toEqual(['stop receiver one', 'stop extension one', 'start extension new', 'start receiver one'])
    await send('one', 1)
    await send('two', 2)
    await expect.poll(() => [taken.get('one'), taken.get('two')]).toEqual([[1], [2]])
  })

  it('touches nothing else when an extension comes or goes', async () => {
    const running = await started()
    await running.reload(await prepared({ ...config(), extensions: { helper: {} } }))
    expect(events).toEqual(['start extension one'])
    await running.reload(await prepared(config()))
    expect(events).toEqual(['start extension one', 'stop extension one'])
  })

  it('goes back to the extensions that ran when a new one cannot be started', async () => {
    const extensions = { helper: {} }
    const running = await started({ ...config(), extensions })
    const broken = { helper: {}, 'helper/two': { name: 'two', fails: true } }
    await expect(running.reload(await prepared({ ...config(), extensions: broken }))).rejects.toThrow('it fails')
    expect(events).toEqual(['start extension two', 'stop extension two'])
    await send('one', 1)
    await expect.poll(() => taken.get('one')).toEqual([1])
  })

  it('starts anew only the receivers whose parser has changed, also behind another', async () => {
    const parsers = { 'strict/a': {}, 'strict/b': {}, outer: { parser: 'strict/a' } }
    const receivers = {
      'lines/a': { name: 'a', parser: 'strict/a' },
      'lines/b': { name: 'b', parser: 'strict/b' },
      'lines/outer': { name: 'outer', parser: 'outer' },
    }
    const pipes = { logs: { receivers: Object.keys(receivers), exporters: ['keep'] } }
    const running = await started({ ...config({ receivers }, pipes), parsers })
    const changed = { ...parsers, 'strict/a': { name: 'other' } }
    await running.reload(await prepared({ ...config({ receivers }, pipes), parsers: changed }))
    expect(events).toEqual(['stop receiver a', 'stop receiver outer', 'start receiver a', 'start receiver outer'])
  })

  it('delivers to the new pipeline what a processor sends while its pipelines change', async () => {
    const of = (exporter: string) =>
      config(
        { processors: { tell: { name: 'teller' } }, exporters: { keep: {}, 'keep/alerts': { name: exporter } } },
        {
          logs: { receivers: ['feed'], processors: ['tell'], exporters: ['keep'] },
          alerts: { receivers: ['tell'], exporters: ['keep/alerts'] },
        },
      )
    const running = await started(of('old'))
    await send('teller', 1)
    let sent: Promise<{ done: Promise<void> }> | undefined
    whileHeld = () => {
      sent ??= send('teller', 2)
    }
    await running.reload(await prepared(of('new')))
    await (await sent)?.done
    expect([taken.get('old'), taken.get('new')]).toEqual([[1], [2]])
    expect(events).toEqual(['stop exporter old', 'start exporter new'])
  })

  it.each([
    ['on_error', { on_error: 'stop' }],
    ['checkpoint_interval', { checkpoint_interval: '1s' }],
    ['shutdown_timeout', { shutdown_timeout: '2s' }],
    ['memory_limit', { memory_limit: { hard: '100GiB' } }],
    ['telemetry', { telemetry: { logs: { level: 'error' } } }],
  ])('stops no component when service.%s has changed', async (_, service) => {
    const running = await started()
    await running.reload(await prepared(config({}, pipelines, service)))
    expect(events).toEqual([])
    await send('one', 1)
    await expect.poll(() => taken.get('one')).toEqual([1])
  })

  it('starts all anew, with the state that lies there, when the state directory is another', async () => {
    const at = (name: string) => config({}, pipelines, { state_dir: join(folder, name) })
    const running = await started(at('a'))
    await send('one', 1)
    await expect.poll(() => counts.get('one')).toBe(1)
    await running.reload(await prepared(at('b')))
    expect(events.filter((event) => event.startsWith('start'))).toHaveLength(5)
    expect(events).toContain('start processor one at 0')
    // Nobody has the former one any more.
    const store = await StateStore.open(join(folder, 'a'), () => {})
    expect(store.namespace('processor/count@logs').get('count')).toBe(1)
    store.close()
    await running.reload(await prepared(at('a')))
    expect(events).toContain('start processor one at 1')
  })

  it('goes back to the former state directory when another process has the new one', async () => {
    const at = (name: string) => config({}, pipelines, { state_dir: join(folder, name) })
    const running = await started(at('a'))
    await send('one', 1)
    await expect.poll(() => counts.get('one')).toBe(1)
    const other = await StateStore.open(join(folder, 'b'), () => {})
    await expect(running.reload(await prepared(at('b')))).rejects.toThrow('b')
    other.close()
    expect(events).toContain('start processor one at 1')
    await send('one', 2)
    await expect.poll(() => taken.get('one')).toEqual([1, 2])
  })
})
