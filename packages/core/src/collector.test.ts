import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import {
  Batches,
  ConnectorOutput,
  type Definition,
  defineConnector,
  defineExporter,
  defineExtension,
  defineParser,
  defineProcessor,
  defineReceiver,
  type LineSource,
  type Output,
  RetryableError,
  State,
  Type,
  WeirError,
} from '@weir/sdk'
import { type PlainRecord, plainRecords } from '@weir/sdk/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { Collector } from './collector.ts'
import { checkConfig } from './prepare.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-collector-'))
const opened: Collector[] = []
afterEach(async () => {
  for (const collector of opened.splice(0)) {
    collector.abort()
    await collector.stop()
  }
  rmSync(folder, { recursive: true, force: true })
})

/** What happened, in order, as the components of a test tell it. */
class Story {
  readonly events: string[] = []
  readonly records = new Map<string, PlainRecord[]>()
  readonly outputs = new Map<string, Output>()
  /** What the exporter does before it delivers. */
  deliver: (id: string) => Promise<void> = () => Promise.resolve()
  /** What the exporter does when it has stopped. */
  stop: () => Promise<void> = () => Promise.resolve()

  bodies(id: string): unknown[] {
    return (this.records.get(id) ?? []).map(({ body }) => body)
  }
}

const source: LineSource = { id: 'test' }
const named = Type.Object({ name: Type.String({ description: 'Name in the story.', default: 'one' }) })

/** Component types that say what happens to them. */
const definitions = (story: Story): Definition[] => [
  defineReceiver({
    type: 'feed',
    reads: 'lines',
    ends: true,
    config: Type.Object({ lines: Type.Array(Type.String(), { description: 'What it sends.', default: [] }) }),
    create: ({ config }) => ({
      async start(output) {
        story.events.push('start receiver')
        story.outputs.set('feed', output)
        const bytes = Buffer.from(config.lines.map((line) => `${line}\n`).join(''))
        if (bytes.length === 0) return
        await output.sendLines({ bytes, from: 0, to: bytes.length, source, flush: true })
        output.end()
      },
      stop: () => void story.events.push('stop receiver'),
      close: () => void story.events.push('close receiver'),
    }),
  }),
  defineParser({
    type: 'auto',
    create: () => ({
      parse(line, record) {
        record.attributes.set('length', line.length)
        return !line.startsWith('?')
      },
    }),
  }),
  defineProcessor({
    type: 'shout',
    mutates: true,
    create: () => ({
      start: () => void story.events.push('start processor'),
      process(batch) {
        batch.forEach((record) => {
          record.body = String(record.body).toUpperCase()
        })
        return batch
      },
      stop: () => void story.events.push('stop processor'),
    }),
  }),
  defineProcessor({
    type: 'faulty',
    create: () => ({
      process(batch) {
        let isBad = false
        batch.forEach((record) => {
          isBad ||= String(record.body).includes('bad')
        })
        if (isBad) throw new Error('it was bad')
        return batch
      },
    }),
  }),
  defineProcessor({
    type: 'alarm',
    emits: 'alerts',
    inject: { output: ConnectorOutput, batches: Batches },
    create: ({ output, batches }) => ({
      async process(batch) {
        const alerts = batches.take()
        alerts.signal = 'alerts'
        batch.forEach((record) => {
          if (String(record.body).includes('fire')) alerts.append().body = `alert: ${String(record.body)}`
        })
        if (alerts.length > 0) await output.send(alerts)
        return batch
      },
    }),
  }),
  defineConnector({
    type: 'relay',
    accepts: ['logs'],
    emits: 'logs',
    inject: { output: ConnectorOutput },
    create: ({ output }) => ({
      async export(batch) {
        await (await output.send(batch)).done
      },
    }),
  }),
  defineConnector({
    type: 'late',
    accepts: ['logs'],
    emits: 'logs',
    inject: { output: ConnectorOutput, batches: Batches },
    create({ output, batches }) {
      const say = async (body: string) => {
        const batch = batches.take()
        batch.append().body = body
        await output.send(batch)
      }
      return { export: () => say('at once'), flush: () => say('at the end') }
    },
  }),
  defineExporter({
    type: 'keep',
    config: named,
    create: ({ config: { name } }) => ({
      start: () => void story.events.push(`start exporter ${name}`),
      async export(batch) {
        await story.deliver(name)
        story.records.set(name, [...(story.records.get(name) ?? []), ...plainRecords(batch)])
      },
      flush: () => void story.events.push(`flush exporter ${name}`),
      stop() {
        story.events.push(`stop exporter ${name}`)
        return story.stop()
      },
    }),
  }),
  defineExtension({
    type: 'choosy',
    create: () => {
      throw new WeirError('the address is none', { code: 'WEIR_ADDRESS', hint: 'write host:port' })
    },
  }),
  defineExtension({
    type: 'broken',
    create: () => ({
      start: () => {
        throw new Error('no luck')
      },
      stop: () => {},
    }),
  }),
  defineExtension({
    type: 'counter',
    inject: { state: State },
    create: ({ state }) => ({
      start() {
        const count = Number(state.get('count') ?? 0) + 1
        state.set('count', count)
        story.events.push(`start ${count}`)
      },
      stop: () => {},
    }),
  }),
]

async function collectorOf(story: Story, config: object): Promise<Collector> {
  const base = mkdtempSync(join(tmpdir(), 'weir-collector-'))
  writeFileSync(join(base, 'weir.json'), JSON.stringify(config))
  const registry = new Registry()
  for (const definition of definitions(story)) {
    registry.add(definition, { packageName: '@weir/test', version: '1.0.0', entry: 'file:///test.js' })
  }
  const checked = checkConfig(await loadConfig({ cwd: base, files: ['weir.json'], env: {} }), registry)
  expect(checked.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const collector = new Collector(
    { registry, pluginProblems: [], watched: [], ...checked },
    { once: true, isTerminal: false, terminal: { write: () => {} }, logLevel: 'silent' },
  )
  opened.push(collector)
  return collector
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const service = (pipelines: object, more: object = {}) => ({ state_dir: 'memory', pipelines, ...more })
const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`)

describe('a collector', () => {
  it('brings every line from the receiver to the exporter, parsed, in order', async () => {
    const story = new Story()
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: lines(10_000) } },
      exporters: { keep: {} },
      service: service({ logs: { receivers: ['feed'], exporters: ['keep'] } }),
    })
    await collector.start()
    await collector.ended()
    expect(await collector.stop()).toBe(true)
    expect(story.bodies('one')).toEqual(lines(10_000))
    expect(story.records.get('one')?.[0]?.attributes).toEqual({ length: 6 })
    expect(collector.telemetry.total('weir_receiver_accepted_log_records')).toBe(10_000)
    expect(collector.telemetry.total('weir_exporter_sent_log_records')).toBe(10_000)
  })

  it('starts consumers before producers, and stops them after', async () => {
    const story = new Story()
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: ['a'] } },
      processors: { shout: {} },
      exporters: { keep: {} },
      service: service({ logs: { receivers: ['feed'], processors: ['shout'], exporters: ['keep'] } }),
    })
    await collector.start()
    await collector.stop()
    expect(story.events).toEqual([
      'start exporter one',
      'start processor',
      'start receiver',
      'stop receiver',
      'stop processor',
      'flush exporter one',
      'stop exporter one',
      'close receiver',
    ])
  })

  it('gives a branch that changes records a copy of its own', async () => {
    const story = new Story()
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: ['quiet'] } },
      processors: { shout: {} },
      exporters: { 'keep/a': { name: 'a' }, 'keep/b': { name: 'b' } },
      service: service({
        'logs/a': { receivers: ['feed'], processors: ['shout'], exporters: ['keep/a'] },
        'logs/b': { receivers: ['feed'], exporters: ['keep/b'] },
      }),
    })
    await collector.start()
    await collector.stop()
    expect([story.bodies('a'), story.bodies('b')]).toEqual([['QUIET'], ['quiet']])
  })

  it('makes an alert part of the delivery of the records that it came from', async () => {
    const story = new Story()
    const alerted = Promise.withResolvers<void>()
    story.deliver = (name) => (name === 'alerts' ? alerted.promise : Promise.resolve())
    const collector = await collectorOf(story, {
      receivers: { feed: {} },
      processors: { alarm: {} },
      exporters: { 'keep/logs': { name: 'logs' }, 'keep/alerts': { name: 'alerts' } },
      service: service({
        logs: { receivers: ['feed'], processors: ['alarm'], exporters: ['keep/logs'] },
        alerts: { receivers: ['alarm'], exporters: ['keep/alerts'] },
      }),
    })
    await collector.start()
    const bytes = Buffer.from('a fire\n')
    const delivery = await story.outputs.get('feed')?.sendLines({ bytes, from: 0, to: bytes.length, source })
    let isDone = false
    void delivery?.done.then(() => {
      isDone = true
    })
    await expect.poll(() => story.bodies('logs')).toEqual(['a fire'])
    expect(isDone).toBe(false)
    alerted.resolve()
    await expect.poll(() => isDone).toBe(true)
    expect(story.bodies('alerts')).toEqual(['alert: a fire'])
  })

  it('passes records from pipeline to pipeline through a connector', async () => {
    const story = new Story()
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: ['x'] } },
      processors: { shout: {} },
      connectors: { relay: {} },
      exporters: { keep: {} },
      service: service({
        'logs/one': { receivers: ['feed'], exporters: ['relay'] },
        'logs/two': { receivers: ['relay'], processors: ['shout'], exporters: ['keep'] },
      }),
    })
    await collector.start()
    await collector.ended()
    expect(await collector.stop()).toBe(true)
    expect(story.bodies('one')).toEqual(['X'])
  })

  it('brings what a connector says to its end: before the source may forget, and when all stops', async () => {
    const story = new Story()
    const delivered = Promise.withResolvers<void>()
    story.deliver = () => delivered.promise
    const collector = await collectorOf(story, {
      receivers: { feed: {} },
      connectors: { late: {} },
      exporters: { keep: {} },
      service: service({
        'logs/one': { receivers: ['feed'], exporters: ['late'] },
        'logs/two': { receivers: ['late'], exporters: ['keep'] },
      }),
    })
    await collector.start()
    const bytes = Buffer.from('x\n')
    const sent = await story.outputs.get('feed')?.sendLines({ bytes, from: 0, to: 2, source, flush: true })
    let isDone = false
    const done = sent?.done.then(() => {
      isDone = true
    })
    await expect.poll(() => story.bodies('one')).toEqual([])
    expect(isDone).toBe(false)
    delivered.resolve()
    await done
    expect(story.bodies('one')).toEqual(['at once'])
    expect(await collector.stop()).toBe(true)
    expect(story.bodies('one')).toEqual(['at once', 'at the end'])
  })

  it('sends lines that were not understood to the dead-letter pipeline', async () => {
    const story = new Story()
    const collector = await collectorOf(story, {
      receivers: {
        feed: { lines: ['a', '?b', 'c'], on_parse_error: 'dead_letter', dead_letter: { pipeline: 'logs/dead' } },
      },
      exporters: { 'keep/good': { name: 'good' }, 'keep/dead': { name: 'dead' } },
      service: service({
        logs: { receivers: ['feed'], exporters: ['keep/good'] },
        'logs/dead': { exporters: ['keep/dead'] },
      }),
    })
    await collector.start()
    await collector.stop()
    expect([story.bodies('good'), story.bodies('dead')]).toEqual([['a', 'c'], ['?b']])
    expect(collector.telemetry.total('weir_receiver_parse_failures')).toBe(1)
  })

  it('drops and counts the batch of a processor that throws, and goes on', async () => {
    const story = new Story()
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: ['bad', 'luck'] } },
      processors: { faulty: {} },
      exporters: { keep: {} },
      service: service({ logs: { receivers: ['feed'], processors: ['faulty'], exporters: ['keep'] } }),
    })
    await collector.start()
    const bytes = Buffer.from('good\n')
    await story.outputs.get('feed')?.sendLines({ bytes, from: 0, to: bytes.length, source })
    expect(await collector.stop()).toBe(true)
    expect(story.bodies('one')).toEqual(['good'])
    expect(collector.telemetry.total('weir_pipeline_dropped_records')).toBe(2)
    expect(collector.telemetry.total('weir_processor_errors')).toBe(1)
  })

  it('fails when a processor throws and the config says so', async () => {
    const story = new Story()
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: ['bad'] } },
      processors: { faulty: {} },
      exporters: { keep: {} },
      service: service(
        { logs: { receivers: ['feed'], processors: ['faulty'], exporters: ['keep'] } },
        { on_error: 'stop' },
      ),
    })
    await collector.start()
    await expect(collector.failed()).rejects.toThrow('it was bad')
  })

  it('gives up at the deadline and leaves what is not delivered to the next run', async () => {
    const story = new Story()
    story.deliver = () => Promise.reject(new RetryableError('the sink is down'))
    const collector = await collectorOf(story, {
      receivers: { feed: {} },
      exporters: { keep: { retry_on_failure: { initial_interval: '10s' } } },
      service: service({ logs: { receivers: ['feed'], exporters: ['keep'] } }, { shutdown_timeout: '50ms' }),
    })
    await collector.start()
    const bytes = Buffer.from('a\n')
    const delivery = await story.outputs.get('feed')?.sendLines({ bytes, from: 0, to: bytes.length, source })
    const outcome = expect(delivery?.done).rejects.toThrow('stopped at once')
    expect(await collector.stop()).toBe(false)
    await outcome
    expect(story.events.at(-1)).toBe('close receiver')
  })

  it('ends a stop that is under way when it is told to stop at once', async () => {
    const story = new Story()
    story.deliver = () => new Promise(() => {})
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: ['a'] } },
      exporters: { keep: {} },
      service: service({ logs: { receivers: ['feed'], exporters: ['keep'] } }),
    })
    await collector.start()
    const stopped = collector.stop()
    collector.abort()
    expect(await stopped).toBe(false)
  })

  it('leaves a component behind that never stops', async () => {
    const story = new Story()
    story.stop = () => new Promise(() => {})
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: ['a'] } },
      exporters: { keep: {} },
      service: service({ logs: { receivers: ['feed'], exporters: ['keep'] } }, { shutdown_timeout: '20ms' }),
    })
    await collector.start()
    expect(await collector.stop()).toBe(false)
    expect(story.events.at(-1)).toBe('close receiver')
  })

  it('stops what has started when something cannot be started', async () => {
    const story = new Story()
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: ['a'] } },
      exporters: { keep: {} },
      extensions: { broken: {} },
      service: service({ logs: { receivers: ['feed'], exporters: ['keep'] } }),
    })
    await expect(collector.start()).rejects.toThrow('no luck')
    expect(story.events.filter((event) => event.startsWith('start receiver'))).toEqual([])
  })

  it('names the component whose config it refuses, with what to do', async () => {
    const collector = await collectorOf(new Story(), {
      receivers: { feed: {} },
      exporters: { keep: {} },
      extensions: { 'choosy/one': {} },
      service: service({ logs: { receivers: ['feed'], exporters: ['keep'] } }),
    })
    const expected = { message: 'choosy/one: the address is none', code: 'WEIR_ADDRESS', hint: 'write host:port' }
    await expect(collector.start()).rejects.toMatchObject(expected)
  })

  it('keeps the state of a component for the next run, and the folder for itself', async () => {
    const story = new Story()
    const stateDir = mkdtempSync(join(tmpdir(), 'weir-state-'))
    const config = {
      receivers: { feed: { lines: ['a'] } },
      exporters: { keep: {} },
      extensions: { counter: {} },
      service: { state_dir: stateDir, pipelines: { logs: { receivers: ['feed'], exporters: ['keep'] } } },
    }
    const first = await collectorOf(story, config)
    await first.start()
    const other = await collectorOf(new Story(), config)
    await expect(other.start()).rejects.toThrow(`is in use by process ${process.pid}`)
    await first.stop()
    const second = await collectorOf(story, config)
    await second.start()
    await second.stop()
    expect(story.events.filter((event) => /^start \d/.test(event))).toEqual(['start 1', 'start 2'])
    rmSync(stateDir, { recursive: true })
  })

  it('serves its metrics for Prometheus', async () => {
    const story = new Story()
    const port = await freePort()
    const collector = await collectorOf(story, {
      receivers: { feed: { lines: ['a', 'b'] } },
      exporters: { keep: {} },
      service: service(
        { logs: { receivers: ['feed'], exporters: ['keep'] } },
        { telemetry: { metrics: { prometheus: { port } } } },
      ),
    })
    await collector.start()
    await expect.poll(() => story.bodies('one')).toEqual(['a', 'b'])
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    expect(text).toMatch(/^weir_receiver_accepted_log_records\w*\{.*receiver="feed".*\} 2/m)
    await collector.stop()
  })
})
