import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@weir/config'
import { controlSocketPath } from '@weir/control'
import { Registry } from '@weir/plugins'
import { defineExporter, defineReceiver, LogBatch, type Output } from '@weir/sdk'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Collector } from './collector.ts'
import { checkConfig, type Prepared } from './prepare.ts'

let folder: string
let output: Output
let starts: number
let collector: Collector | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-rs-'))
  starts = 0
})

afterEach(async () => {
  await collector?.stop()
  collector = undefined
  rmSync(folder, { recursive: true, force: true })
})

async function prepared(service: object): Promise<Prepared> {
  const config = {
    receivers: { feed: {} },
    exporters: { keep: {} },
    service: { pipelines: { logs: { receivers: ['feed'], exporters: ['keep'] } }, state_dir: 'memory', ...service },
  }
  writeFileSync(join(folder, 'weir.json'), JSON.stringify(config))
  const registry = new Registry()
  const definitions = [
    defineReceiver({
      type: 'feed',
      create: () => ({
        start(its) {
          starts++
          output = its
        },
        stop() {},
      }),
    }),
    defineExporter({ type: 'keep', create: () => ({ export: async () => {} }) }),
  ]
  for (const definition of definitions) registry.add(definition, { packageName: '@weir/test', version: '1', entry: '' })
  const checked = checkConfig(await loadConfig({ cwd: folder, files: ['weir.json'], env: {} }), registry)
  return { registry, pluginProblems: [], watched: [], ...checked }
}

async function started(service: object): Promise<Collector> {
  collector = new Collector(await prepared(service), {
    ...{ once: false, isTerminal: false, terminal: { write: () => {} } },
    control: { reload: async () => ({ outcome: 'reloaded', diagnostics: [], plugins: [] }) },
  })
  await collector.start()
  return collector
}

const quiet = { logs: { level: 'silent' } }
const withMetrics = (port?: number) => ({
  telemetry: { ...quiet, metrics: port === undefined ? {} : { prometheus: { port } } },
})

/** A port at which nobody listens, or someone does until the test is over. */
async function port(isTaken = false): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (!isTaken) await new Promise((resolve) => server.close(resolve))
  else server.unref()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Sends a record, and reads how many are counted at a port. */
async function counted(at: number): Promise<number> {
  const batch = new LogBatch({ capacity: 1 })
  batch.append().body = 'a record'
  await (await output.send(batch)).done
  const text = await (await fetch(`http://127.0.0.1:${at}/metrics`)).text()
  return Number(/^weir_receiver_accepted_log_records\w*\{.*receiver="feed".*\} (\d+)/m.exec(text)?.[1])
}

it('opens, moves and closes the metrics endpoint without stopping anything', async () => {
  const running = await started(withMetrics())
  const [first, second] = [await port(), await port()]
  await running.reload(await prepared(withMetrics(first)))
  const count = await counted(first)
  expect(count).toBeGreaterThan(0)
  await running.reload(await prepared(withMetrics(second)))
  expect(await counted(second)).toBe(count + 1)
  await expect(fetch(`http://127.0.0.1:${first}/metrics`)).rejects.toThrow()
  await running.reload(await prepared(withMetrics()))
  await expect(fetch(`http://127.0.0.1:${second}/metrics`)).rejects.toThrow()
  expect(starts).toBe(1)
}, 60_000)

it('changes nothing when the metrics cannot be served where the new config says', async () => {
  const [free, taken] = [await port(), await port(true)]
  const running = await started(withMetrics(free))
  await expect(running.reload(await prepared(withMetrics(taken)))).rejects.toThrow(
    `the metrics cannot be served at 127.0.0.1:${taken}`,
  )
  expect(await counted(free)).toBeGreaterThan(0)
  expect(starts).toBe(1)
})

it('changes how much is logged', async () => {
  const running = await started({ telemetry: { logs: { level: 'silent' } } })
  await running.reload(await prepared({ telemetry: { logs: { level: 'error' } } }))
  expect(running.logger.level).toBe('error')
  expect(starts).toBe(1)
})

/** Whether a collector answers at the socket of a state directory. */
const answers = (name: string) =>
  new Promise<boolean>((resolve) => {
    const asked = request({ socketPath: controlSocketPath(join(folder, name)), path: '/v1/status' }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('error', () => resolve(false))
    asked.end()
  })

it('can be reached where the state directory is, or nowhere if the config says so', async () => {
  const at = (name: string, enabled = true) => ({ state_dir: name, control: { enabled }, telemetry: quiet })
  const running = await started(at('a'))
  expect(await answers('a')).toBe(true)
  await running.reload(await prepared(at('b')))
  expect([await answers('a'), await answers('b')]).toEqual([false, true])
  await running.reload(await prepared(at('a')))
  expect([await answers('a'), await answers('b')]).toEqual([true, false])
  await running.reload(await prepared(at('a', false)))
  expect(await answers('a')).toBe(false)
  await running.reload(await prepared(at('a')))
  expect(await answers('a')).toBe(true)
})
