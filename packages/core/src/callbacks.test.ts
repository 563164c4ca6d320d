import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import {
  ConnectorOutput,
  type Definition,
  defineConnector,
  defineExporter,
  defineExtension,
  defineParser,
  defineProcessor,
  defineReceiver,
  type Output,
} from '@weir/sdk'
import { plainRecords } from '@weir/sdk/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { Collector } from './collector.ts'
import { checkConfig } from './prepare.ts'

const folders: string[] = []
const collectors: Collector[] = []
afterEach(async () => {
  for (const collector of collectors.splice(0)) {
    collector.abort()
    await collector.stop()
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A pipeline with a component of each kind, of which one callback throws. */
class Pipeline {
  readonly bodies: unknown[] = []
  #output: Output | undefined
  #collector: Collector | undefined
  readonly #broken: string

  constructor(broken: string) {
    this.#broken = broken
  }

  #call(callback: string): void {
    if (callback === this.#broken) throw new Error('it is broken')
  }

  #definitions(): Definition[] {
    return [
      defineReceiver({
        type: 'feed',
        reads: 'lines',
        create: () => {
          this.#call('receiver.create')
          return {
            start: (output) => {
              this.#call('receiver.start')
              this.#output = output
            },
            checkpoint: () => {
              this.#call('receiver.checkpoint')
              return {}
            },
            stop: () => this.#call('receiver.stop'),
            close: () => this.#call('receiver.close'),
          }
        },
      }),
      defineParser({
        type: 'any',
        create: () => {
          this.#call('parser.create')
          return {
            open: () => {
              this.#call('parser.open')
              return {
                parse: (line) => {
                  this.#call('parser.parse')
                  return !line.startsWith(' ')
                },
                continues: () => {
                  this.#call('parser.continues')
                  return true
                },
              }
            },
            parse: () => true,
          }
        },
      }),
      defineProcessor({
        type: 'pass',
        create: () => {
          this.#call('processor.create')
          return {
            start: () => this.#call('processor.start'),
            process: (batch) => {
              this.#call('processor.process')
              return batch
            },
            checkpoint: () => {
              this.#call('processor.checkpoint')
              return {}
            },
            flush: () => {
              this.#call('processor.flush')
              return null
            },
            stop: () => this.#call('processor.stop'),
          }
        },
      }),
      defineConnector({
        type: 'relay',
        accepts: ['logs'],
        emits: 'logs',
        inject: { output: ConnectorOutput },
        create: ({ output }) => {
          this.#call('connector.create')
          return {
            start: () => this.#call('connector.start'),
            export: async (batch) => {
              this.#call('connector.export')
              await (await output.send(batch)).done
            },
            flush: () => this.#call('connector.flush'),
            stop: () => this.#call('connector.stop'),
          }
        },
      }),
      defineExporter({
        type: 'keep',
        create: () => {
          this.#call('exporter.create')
          return {
            start: () => this.#call('exporter.start'),
            export: async (batch) => {
              this.#call('exporter.export')
              this.bodies.push(...plainRecords(batch).map(({ body }) => body))
            },
            flush: () => this.#call('exporter.flush'),
            stop: () => this.#call('exporter.stop'),
          }
        },
      }),
      defineExtension({
        type: 'aside',
        create: () => {
          this.#call('extension.create')
          return { start: () => this.#call('extension.start'), stop: () => this.#call('extension.stop') }
        },
      }),
    ]
  }

  async start(): Promise<void> {
    const base = mkdtempSync(join(tmpdir(), 'weir-callbacks-'))
    folders.push(base)
    const config = {
      receivers: { feed: { parser: 'any' } },
      processors: { pass: {} },
      connectors: { relay: {} },
      exporters: { keep: {} },
      extensions: { aside: {} },
      service: {
        state_dir: 'memory',
        shutdown_timeout: '5s',
        pipelines: {
          'logs/in': { receivers: ['feed'], processors: ['pass'], exporters: ['relay'] },
          'logs/out': { receivers: ['relay'], exporters: ['keep'] },
        },
      },
    }
    writeFileSync(join(base, 'weir.json'), JSON.stringify(config))
    const registry = new Registry()
    for (const definition of this.#definitions()) {
      registry.add(definition, { packageName: '@weir/test', version: '1.0.0', entry: 'file:///test.js' })
    }
    const checked = checkConfig(await loadConfig({ cwd: base, files: ['weir.json'], env: {} }), registry)
    expect(checked.diagnostics).toEqual([])
    const options = { once: false, isTerminal: false, terminal: { write: () => {} }, logLevel: 'silent' } as const
    const collector = new Collector({ registry, pluginProblems: [], watched: [], ...checked }, options)
    collectors.push(collector)
    this.#collector = collector
    await collector.start()
  }

  async feed(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    const lines = { bytes, from: 0, to: bytes.length, source: { id: 'test' }, flush: true }
    const sent = await this.#output?.sendLines(lines)
    await sent?.done.catch(() => {})
  }

  total(metric: string): number | undefined {
    return this.#collector?.telemetry.total(metric)
  }

  stop(): Promise<boolean> | undefined {
    return this.#collector?.stop()
  }
}

const kinds = ['receiver', 'parser', 'processor', 'connector', 'exporter', 'extension']

describe('a plugin of which a callback throws', () => {
  it.each([
    ...kinds.map((kind) => `${kind}.create`),
    ...kinds.filter((kind) => kind !== 'parser').map((kind) => `${kind}.start`),
  ])('(%s) keeps the collector from starting, and is named', async (callback) => {
    const [kind] = callback.split('.')
    const names: { [kind: string]: string } = {
      ...{
        receiver: 'feed',
        parser: 'any',
        processor: 'pass',
        connector: 'relay',
        exporter: 'keep',
        extension: 'aside',
      },
    }
    await expect(new Pipeline(callback).start()).rejects.toThrow(names[kind ?? ''])
  })

  it.each(['parser.open', 'parser.parse', 'parser.continues'])(
    '(%s) leaves lines as they are, and the next are read',
    async (callback) => {
      const pipeline = new Pipeline(callback)
      await pipeline.start()
      await pipeline.feed('one\n  and more\ntwo\n')
      await pipeline.feed('three\n')
      expect(pipeline.bodies.join('\n')).toBe('one\n  and more\ntwo\nthree')
      expect(await pipeline.stop()).toBe(true)
    },
  )

  it.each([
    ['processor.process', 'weir_pipeline_dropped_records'],
    ['connector.export', 'weir_exporter_send_failed_log_records'],
    ['exporter.export', 'weir_exporter_send_failed_log_records'],
  ])('(%s) loses its batches, which %s counts, and the collector can be stopped', async (callback, metric) => {
    const pipeline = new Pipeline(callback)
    await pipeline.start()
    await pipeline.feed('one\n')
    await pipeline.feed('two\n')
    expect(pipeline.bodies).toEqual([])
    expect(pipeline.total(metric)).toBe(2)
    expect(await pipeline.stop()).toBe(true)
  })

  it.each([
    ...['receiver.checkpoint', 'receiver.stop', 'receiver.close'],
    ...['processor.checkpoint', 'processor.flush', 'processor.stop'],
    ...['connector.flush', 'connector.stop', 'exporter.flush', 'exporter.stop', 'extension.stop'],
  ])('(%s) loses nothing that came before, and the collector stops', async (callback) => {
    const pipeline = new Pipeline(callback)
    await pipeline.start()
    await pipeline.feed('one\n')
    await pipeline.feed('two\n')
    expect(pipeline.bodies).toEqual(['one', 'two'])
    expect(await pipeline.stop()).toEqual(expect.any(Boolean))
    expect(pipeline.bodies).toEqual(['one', 'two'])
  })
})
