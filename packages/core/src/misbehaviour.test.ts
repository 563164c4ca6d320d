import { Buffer } from 'node:buffer'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import {
  type Definition,
  Detectors,
  defineExporter,
  defineProcessor,
  defineReceiver,
  type Output,
  Type,
} from '@weir/sdk'
import { type PlainRecord, plainRecords, TestClock } from '@weir/sdk/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import misbehaving from '../../workers/src/testdata/misbehaving.ts'
import { Collector } from './collector.ts'
import { checkConfig } from './prepare.ts'

const module = pathToFileURL(`${import.meta.dirname}/../../workers/src/testdata/misbehaving.ts`).href
const folders: string[] = []
const collectors: Collector[] = []
afterEach(async () => {
  for (const collector of collectors.splice(0)) {
    collector.abort()
    await collector.stop()
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A pipeline that a test feeds and whose end it sees. */
class Pipeline {
  readonly clock = new TestClock()
  readonly records: PlainRecord[] = []
  readonly alerts: string[] = []
  #output: Output | undefined
  #collector: Collector | undefined
  readonly #source = { id: 'test' }

  readonly #definitions: Definition[] = [
    defineReceiver({
      type: 'feed',
      reads: 'lines',
      create: () => ({
        start: (output) => {
          this.#output = output
        },
        stop: () => {},
      }),
    }),
    defineProcessor({
      type: 'host',
      config: Type.Object({ detector: Type.String({ description: 'What it hosts.' }) }),
      inject: { detectors: Detectors },
      create: ({ config, detectors }) => {
        const detector = detectors.resolve(config.detector).create()
        const report = ({ title }: { title: string }) => void this.alerts.push(title)
        return {
          process(batch) {
            if (detector.observeBatch !== undefined) detector.observeBatch(batch, report)
            else batch.forEach((record) => detector.observe?.(record, report))
            return batch
          },
        }
      },
    }),
    defineExporter({
      type: 'keep',
      create: () => ({
        export: async (batch) => {
          this.records.push(...plainRecords(batch))
        },
      }),
    }),
  ]

  diagnostics: readonly { code: string; message: string; path: readonly unknown[] }[] = []

  async prepare(config: object): Promise<Collector | undefined> {
    const base = mkdtempSync(join(tmpdir(), 'weir-misbehaviour-'))
    folders.push(base)
    writeFileSync(join(base, 'weir.json'), JSON.stringify(config))
    const registry = new Registry()
    for (const definition of [...misbehaving, ...this.#definitions]) {
      registry.add(definition, { packageName: '@weir/test', version: '1.0.0', entry: module })
    }
    const checked = checkConfig(await loadConfig({ cwd: base, files: ['weir.json'], env: {} }), registry)
    this.diagnostics = checked.diagnostics
    if (checked.plan === undefined) return undefined
    const prepared = { registry, pluginProblems: [], watched: [], ...checked }
    const options = { once: false, isTerminal: false, terminal: { write: () => {} }, logLevel: 'silent' } as const
    this.#collector = new Collector(prepared, { ...options, clock: this.clock })
    collectors.push(this.#collector)
    return this.#collector
  }

  async start(config: object): Promise<void> {
    await (await this.prepare(config))?.start()
  }

  /** Sends lines and waits until they are through. */
  async feed(...lines: string[]): Promise<void> {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    const sent = await this.#output?.sendLines({ bytes, from: 0, to: bytes.length, source: this.#source })
    await sent?.done
  }

  total(metric: string): number {
    return this.#collector?.telemetry.total(metric) ?? 0
  }

  /** Lets time pass until the thread that misbehaves has been stopped, and then until the next has been begun. */
  async restarted(): Promise<void> {
    await vi.waitFor(
      async () => {
        await this.clock.advance(1000)
        expect(this.total('weir_component_restarts')).toBe(1)
      },
      { timeout: 45_000, interval: 10 },
    )
    await this.clock.advance(1000)
  }

  get bodies(): unknown[] {
    return this.records.map(({ body }) => body)
  }
}

const isolation = { isolation: 'worker', isolation_options: { memory_limit: '32MiB', time_budget: '2s' } }
const service = (processors: string[]) => ({
  state_dir: 'memory',
  pipelines: { logs: { receivers: ['feed'], processors, exporters: ['keep'] } },
})
const withParser = (keys: object) => ({
  receivers: { feed: { parser: 'misbehaving' } },
  parsers: { misbehaving: keys },
  exporters: { keep: {} },
  service: service([]),
})
const withProcessor = (keys: object) => ({
  receivers: { feed: { parser: 'misbehaving' } },
  processors: { misbehaving: keys },
  exporters: { keep: {} },
  service: service(['misbehaving']),
})
const withDetector = (keys: object) => ({
  receivers: { feed: { parser: 'misbehaving' } },
  processors: { host: { detector: 'misbehaving' } },
  detectors: { misbehaving: keys },
  exporters: { keep: {} },
  service: service(['host']),
})

describe('a pipeline with an isolated component', () => {
  it('keeps the lines of a parser that ends itself as they are, and parses those that follow', async () => {
    const pipeline = new Pipeline()
    await pipeline.start(withParser({ ...isolation, how: 'exit' }))
    await pipeline.feed('before')
    await pipeline.feed('now')
    await pipeline.restarted()
    await vi.waitFor(
      async () => {
        await pipeline.feed('after')
        expect(pipeline.records.at(-1)).toEqual({ body: 'after', attributes: { parsed: true } })
      },
      { timeout: 45_000, interval: 20 },
    )
    expect(pipeline.records.slice(0, 2)).toEqual([
      { body: 'before', attributes: { parsed: true } },
      { body: 'now', attributes: {} },
    ])
    expect(pipeline.total('weir_receiver_parser_errors')).toBe(1)
    expect(pipeline.total('weir_receiver_parse_failures')).toBeGreaterThan(0)
  })

  it('parses records of several lines in a worker too', async () => {
    const pipeline = new Pipeline()
    const config = withParser(isolation)
    await pipeline.start({
      ...config,
      receivers: { feed: { parser: 'misbehaving', multiline: { line_start_pattern: '^a' } } },
    })
    await pipeline.feed('a1', '  b', 'a2', 'a3')
    await expect.poll(() => pipeline.bodies).toEqual(['a1\n  b', 'a2'])
    expect(pipeline.records[0]?.attributes).toEqual({ parsed: true })
  })

  it('drops and counts the batch of a processor that loops, and goes on', async () => {
    const pipeline = new Pipeline()
    await pipeline.start(withProcessor({ ...isolation, how: 'loop' }))
    await pipeline.feed('before')
    const lost = pipeline.feed('now')
    await pipeline.restarted()
    await lost
    await pipeline.feed('after')
    expect(pipeline.bodies).toEqual(['before', 'after'])
    expect(pipeline.total('weir_pipeline_dropped_records')).toBe(1)
    expect(pipeline.total('weir_processor_errors')).toBe(1)
  })

  it('lets records past a detector that is gone, and shows it those that follow', async () => {
    const pipeline = new Pipeline()
    await pipeline.start(withDetector({ ...isolation, how: 'exit' }))
    await pipeline.feed('before')
    await pipeline.feed('now').catch(() => {})
    // It stays away until time passes, and that it has gone is known a moment after it went.
    await vi.waitFor(
      async () => {
        await pipeline.feed('meanwhile')
        expect(pipeline.bodies.at(-1)).toBe('meanwhile')
      },
      { timeout: 45_000, interval: 20 },
    )
    expect(pipeline.alerts).toHaveLength(1)
    await pipeline.restarted()
    await vi.waitFor(
      async () => {
        await pipeline.feed('after')
        expect(pipeline.alerts).toHaveLength(2)
      },
      { timeout: 45_000, interval: 20 },
    )
    expect(pipeline.bodies).toContain('after')
  })

  it('says which service keeps a component from being isolated', async () => {
    const pipeline = new Pipeline()
    const { processors, ...config } = withDetector({})
    await pipeline.prepare({ ...config, processors: { host: { ...processors.host, ...isolation } } })
    expect(pipeline.diagnostics).toMatchObject([
      {
        code: 'WEIR_ISOLATION_TOKEN',
        message: 'host cannot run in a worker: it needs the service "detectors", which stays with the collector',
        path: ['processors', 'host', 'isolation'],
      },
    ])
  })
})

describe('a pipeline with a component of its own thread', () => {
  it.each([
    ['parser', 'create', withParser],
    ['processor', 'create', withProcessor],
    ['processor', 'start', withProcessor],
    ['detector', 'create', withDetector],
  ])('does not start with a %s that throws in %s, and names it', async (_, how, configOf) => {
    const collector = await new Pipeline().prepare(configOf({ how }))
    await expect(collector?.start()).rejects.toThrow(/^misbehaving could not be (created|started): it cannot/)
  })

  it('counts what a parser throws and keeps its lines', async () => {
    const pipeline = new Pipeline()
    await pipeline.start(withParser({ how: 'throw' }))
    await pipeline.feed('now')
    await pipeline.feed('after')
    expect(pipeline.bodies).toEqual(['now', 'after'])
    expect(pipeline.total('weir_receiver_parser_errors')).toBe(1)
  })

  it.each(['throw', 'reject'])('counts what a processor does when it %ss, and drops its batch', async (how) => {
    const pipeline = new Pipeline()
    await pipeline.start(withProcessor({ how }))
    await pipeline.feed('now')
    await pipeline.feed('after')
    expect(pipeline.bodies).toEqual(['after'])
    expect(pipeline.total('weir_processor_errors')).toBe(1)
    expect(pipeline.total('weir_pipeline_dropped_records')).toBe(1)
  })

  it('can be stopped when a processor never settles', async () => {
    const pipeline = new Pipeline()
    await pipeline.start(withProcessor({ how: 'never' }))
    void pipeline.feed('now').catch(() => {})
    const [collector] = collectors
    const stopped = collector?.stop()
    await vi.waitFor(async () => {
      await pipeline.clock.advance(60_000)
      expect(await Promise.race([stopped, 'not yet'])).toBe(false)
    })
  })
})
