import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import {
  Authenticators,
  type CollectorStatus,
  defineExporter,
  defineExtension,
  defineReceiver,
  LogBatch,
  type Output,
  Reference,
  RetryableError,
  Status,
  Type,
} from '@weir/sdk'
import { expect, it, onTestFinished } from 'vitest'
import { Collector } from '../collector.ts'
import { checkConfig } from '../prepare.ts'

/** What the components of the test get hold of. */
interface Seen {
  who?: unknown
  output?: Output
  readonly phases: string[]
  status: () => CollectorStatus
}

const definitions = (seen: Seen) => [
  defineExtension({
    type: 'known',
    authenticates: true,
    create: () => ({
      start() {},
      stop() {},
      authenticator: { challenge: 'Test', authenticate: ({ name }) => ({ name: String(name) }) },
    }),
  }),
  defineExtension({
    type: 'watcher',
    inject: { status: Status },
    create: ({ status }) => ({
      start() {
        seen.status = () => status.read()
        seen.phases.push(status.read().phase)
      },
      stop: () => void seen.phases.push(status.read().phase),
    }),
  }),
  defineReceiver({
    type: 'feed',
    config: Type.Object({ authenticator: Reference('authenticator', { description: 'Who may come in.' }) }),
    inject: { authenticators: Authenticators },
    create: ({ config, authenticators }) => ({
      async start(output) {
        seen.output = output
        seen.who = await authenticators.resolve(config.authenticator).authenticate({ name: 'alice' })
      },
      stop() {},
    }),
  }),
  defineExporter({
    type: 'down',
    create: () => ({
      export: () => {
        throw new RetryableError('not now')
      },
    }),
  }),
]

async function collectorOf(seen: Seen): Promise<Collector> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-extensions-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(
    join(folder, 'weir.json'),
    JSON.stringify({
      extensions: { 'known/us': {}, watcher: {} },
      receivers: { feed: { authenticator: 'known/us' } },
      exporters: { down: { circuit_breaker: { failure_threshold: 1, open_duration: '1h' } } },
      service: { state_dir: 'memory', pipelines: { logs: { receivers: ['feed'], exporters: ['down'] } } },
    }),
  )
  const registry = new Registry()
  for (const definition of definitions(seen))
    registry.add(definition, { packageName: '@weir/test', version: '1.0.0', entry: 'file:///test.js' })
  const checked = checkConfig(await loadConfig({ cwd: folder, files: ['weir.json'], env: {} }), registry)
  const collector = new Collector(
    { registry, pluginProblems: [], watched: [], ...checked },
    { once: false, isTerminal: false, terminal: { write: () => {} }, logLevel: 'silent' },
  )
  onTestFinished(async () => {
    collector.abort()
    await collector.stop()
  })
  return collector
}

it('extensions say who sends a request, to those that name them', async () => {
  const seen: Seen = { phases: [], status: () => expect.fail('not started') }
  const collector = await collectorOf(seen)
  await collector.start()
  expect(seen.who).toEqual({ name: 'alice' })
})

it('extensions see how the collector fares, from its start to its stop', async () => {
  const seen: Seen = { phases: [], status: () => expect.fail('not started') }
  const collector = await collectorOf(seen)
  await collector.start()
  expect(seen.status()).toMatchObject({
    phase: 'running',
    receivers: [{ id: 'feed' }],
    exporters: [{ id: 'down', circuit: 'closed', circuitOpenMs: 0 }],
  })
  const batch = new LogBatch()
  batch.append().body = 'a line'
  await seen.output?.send(batch)
  await expect.poll(() => seen.status().exporters[0]?.circuit).toBe('open')
  await expect.poll(() => seen.status().exporters[0]?.circuitOpenMs).toBeGreaterThan(0)
  collector.abort()
  await collector.stop()
  expect(seen.phases).toEqual(['starting', 'stopping'])
})
