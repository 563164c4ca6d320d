import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import { defineExporter, defineProcessor, defineReceiver, type Output } from '@weir/sdk'
import { plainRecords } from '@weir/sdk/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import threads from '../../workers/src/testdata/threads.ts'
import { Collector } from './collector.ts'
import { checkConfig, type Prepared } from './prepare.ts'

/** Ports to the threads of isolated components. */
const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
const portsAtFirst = ports()
const entry = pathToFileURL(`${import.meta.dirname}/../../workers/src/testdata/threads.ts`).href
let folder: string
let output: Output
let taken: { readonly [name: string]: unknown }[]
let starts: number
let collector: Collector | undefined

beforeEach(async () => {
  // Those of the test before take a moment to go.
  await expect.poll(ports).toBe(portsAtFirst)
  folder = mkdtempSync(join(tmpdir(), 'weir-reload-threads-'))
  taken = []
  starts = 0
})

afterEach(async () => {
  await collector?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const definitions = [
  defineReceiver({
    type: 'lines',
    reads: 'lines',
    create: () => ({
      start(its) {
        starts++
        output = its
      },
      stop() {},
    }),
  }),
  defineProcessor({ type: 'pass', create: () => ({ process: (batch) => batch }) }),
  defineExporter({
    type: 'keep',
    create: () => ({
      async export(batch) {
        for (const { attributes } of plainRecords(batch)) taken.push(attributes)
      },
    }),
  }),
]

async function prepared(config: object): Promise<Prepared> {
  writeFileSync(join(folder, 'weir.json'), JSON.stringify(config))
  const registry = new Registry()
  for (const definition of definitions) registry.add(definition, { packageName: '@weir/test', version: '1', entry: '' })
  for (const definition of threads) registry.add(definition, { packageName: '@weir/test', version: '1', entry })
  const checked = checkConfig(await loadConfig({ cwd: folder, files: ['weir.json'], env: {} }), registry)
  expect(checked.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return { registry, pluginProblems: [], watched: [], ...checked }
}

interface Part {
  readonly processors?: { readonly [id: string]: object }
  readonly parser?: object
  readonly workers?: number
}

const config = ({ processors = {}, parser = {}, workers = 0 }: Part) => ({
  receivers: { lines: { parser: 'thread' } },
  parsers: { thread: parser },
  processors,
  exporters: { keep: {} },
  service: {
    state_dir: 'memory',
    workers,
    pipelines: { logs: { receivers: ['lines'], processors: Object.keys(processors), exporters: ['keep'] } },
  },
})

async function started(part: Part): Promise<Collector> {
  collector = new Collector(await prepared(config(part)), {
    ...{ once: false, isTerminal: false, terminal: { write: () => {} }, logLevel: 'silent' as const },
  })
  await collector.start()
  return collector
}

/** Sends a line; what its record says. */
async function told(): Promise<{ readonly [name: string]: unknown }> {
  const bytes = Buffer.from('a line\n')
  await (await output.sendLines({ bytes, from: 0, to: bytes.length, source: { id: 'test' } })).done
  return taken.at(-1) ?? {}
}

it('keeps the thread of an isolated processor, and what it knows, while its pipeline changes', async () => {
  const thread = { isolation: 'worker' }
  const running = await started({ processors: { thread } })
  const first = await told()
  await running.reload(await prepared(config({ processors: { thread, pass: {} } })))
  expect(await told()).toEqual({ ...first, batches: 2, lines: 2 })
  expect(starts).toBe(1)
})

it('gives an isolated processor whose config has changed another thread, and ends the former', async () => {
  const running = await started({ processors: { thread: { isolation: 'worker' } } })
  const first = await told()
  const one = ports()
  await running.reload(await prepared(config({ processors: { thread: { isolation: 'worker', mark: 'second' } } })))
  const second = await told()
  expect(second).toMatchObject({ batches: 1, mark: 'second' })
  expect(second.thread).not.toBe(first.thread)
  await expect.poll(ports).toBe(one)
  await running.reload(await prepared(config({})))
  await expect.poll(ports).toBe(portsAtFirst)
})

it('keeps the thread of an isolated parser', async () => {
  const parser = { isolation: 'worker' }
  const running = await started({ parser })
  const first = await told()
  await running.reload(await prepared(config({ parser, processors: { pass: {} } })))
  expect(await told()).toEqual({ ...first, lines: 2 })
})

it('ends the threads of what was made for a config that could not be started', async () => {
  const running = await started({ processors: { pass: {} } })
  const before = ports()
  const broken = await prepared(config({ processors: { thread: { isolation: 'worker' } } }))
  const failing = defineExporter({
    type: 'keep',
    create: () => {
      throw new Error('it cannot be made')
    },
  })
  const registry = new Registry()
  for (const definition of [definitions[0], failing, ...threads])
    if (definition !== undefined) registry.add(definition, { packageName: '@weir/test', version: '2', entry })
  await expect(running.reload({ ...broken, registry })).rejects.toThrow('it cannot be made')
  await told()
  await expect.poll(ports).toBe(before)
})

it('keeps worker threads, whatever else changes', async () => {
  const running = await started({ workers: 1 })
  const first = await told()
  await running.reload(await prepared(config({ workers: 1, processors: { pass: {} } })))
  expect(await told()).toEqual({ ...first, lines: 2 })
})

it('parses by the new config in the same worker threads', async () => {
  const running = await started({ workers: 1 })
  const first = await told()
  await running.reload(await prepared(config({ workers: 1, parser: { mark: 'second' } })))
  expect(await told()).toEqual({ ...first, mark: 'second' })
})

it('goes over to more worker threads without stopping anything', async () => {
  const running = await started({ workers: 1 })
  const first = await told()
  await running.reload(await prepared(config({ workers: 2 })))
  const second = await told()
  // No more than the machine has processors.
  if (availableParallelism() > 1) expect(second.thread).not.toBe(first.thread)
  expect(second).toMatchObject({ mark: 'first' })
  expect(starts).toBe(1)
})

it('begins to use worker threads, and ceases to', async () => {
  const running = await started({})
  expect(await told()).toMatchObject({ lines: 1 })
  const here = (await told()).thread
  await running.reload(await prepared(config({ workers: 1 })))
  expect((await told()).thread).not.toBe(here)
  await running.reload(await prepared(config({})))
  expect((await told()).thread).toBe(here)
})
