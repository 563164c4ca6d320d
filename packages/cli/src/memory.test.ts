import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ControlClient } from '@weir/control'
import { expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const main = join(import.meta.dirname, 'main.ts')

/** An exporter whose sink is down until a file appears. */
const plugin = `
import { appendFileSync, existsSync } from 'node:fs'
import { defineExporter, RetryableError } from '@weir/sdk'
export default defineExporter({
  type: 'frail',
  create: () => ({
    async export(batch) {
      if (!existsSync('up')) throw new RetryableError('down')
      appendFileSync('out.txt', Array.from(batch, ({ body }) => body.slice(0, 10) + '\\n').join(''))
    },
  }),
})
`

const sources = 60
const lines = 12_000
const name = (source: number, index: number) => `${String(source).padStart(3, '0')} ${String(index).padStart(6, '0')}`

function prepare(folder: Folder, limit: object): void {
  folder.write('plugin.ts', plugin)
  const receivers: { [id: string]: object } = {}
  for (let source = 0; source < sources; source++) {
    folder.write(
      `${source}.log`,
      Array.from({ length: lines }, (_, index) => `${name(source, index)} ${'x'.repeat(700)}\n`).join(''),
    )
    receivers[`file/${source}`] = { include: [`${source}.log`], parser: 'text', poll_interval: '20ms' }
  }
  folder.write('weir.json', {
    plugins: { paths: ['plugin.ts'] },
    receivers,
    exporters: {
      frail: {
        retry_on_failure: { initial_interval: '50ms', max_interval: '50ms' },
        circuit_breaker: { failure_threshold: 1_000_000 },
        sending_queue: { queue_size: 1_000_000_000, max_bytes: '100GiB' },
      },
    },
    service: { ...limit, pipelines: { logs: { receivers: Object.keys(receivers), exporters: ['frail'] } } },
  })
}

/** The most memory that a process has had, MiB. */
const peakOf = (pid: number | undefined): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

it.skipIf(process.platform !== 'linux')(
  'lives within its memory while a sink is down before a large backlog, and delivers all of it afterwards',
  { timeout: 240_000 },
  async () => {
    using folder = new Folder()
    prepare(folder, { memory_limit: { hard: '260MiB', soft: '200MiB', check_interval: '50ms' } })
    const weir = spawn(process.execPath, [main, 'run'], { cwd: folder.path, stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(weir, 'close')
    let log = ''
    weir.stderr.setEncoding('utf8').on('data', (text) => {
      log += text
    })
    try {
      await expect.poll(() => log).toContain('memory is short: receivers wait')
      const client = new ControlClient(folder.file('.weir/control.sock'))
      const memory = () =>
        client.status().then(
          (status) => status.memory,
          () => undefined,
        )
      await expect.poll(memory).toMatchObject({
        hardBytes: 260 * 2 ** 20,
        state: expect.stringMatching(/slowed|refusing/),
      })
      folder.write('up', '')
      const seen = () => (existsSync(folder.file('out.txt')) ? readFileSync(folder.file('out.txt'), 'utf8') : '')
      const count = () => seen().length / (name(0, 0).length + 1)
      await expect.poll(count, { timeout: 180_000, interval: 200 }).toBeGreaterThanOrEqual(sources * lines)
      expect(new Set(seen().trim().split('\n')).size).toBe(sources * lines)
      // Half of what it takes without a limit.
      expect(peakOf(weir.pid)).toBeLessThan(400)
    } finally {
      weir.kill('SIGTERM')
    }
    expect((await ended)[0]).toBe(0)
  },
)

it('above the hard limit refuses what can be sent again, and lets the rest through slowly', {
  timeout: 120_000,
}, async () => {
  using folder = new Folder()
  const [http, otlp] = [await freePort(), await freePort()]
  folder.write('plugin.ts', plugin)
  folder.write('up', '')
  const text = Array.from({ length: 20_000 }, (_, index) => `${name(0, index)} ${'x'.repeat(200)}\n`).join('')
  folder.write('app.log', text)
  const receivers = {
    file: { include: ['app.log'], parser: 'text', poll_interval: '20ms' },
    http: { endpoint: `127.0.0.1:${http}`, parser: 'text' },
    otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } },
  }
  folder.write('weir.json', {
    plugins: { paths: ['plugin.ts'] },
    receivers,
    exporters: { frail: {} },
    service: {
      memory_limit: { hard: '2MiB' },
      pipelines: { logs: { receivers: Object.keys(receivers), exporters: ['frail'] } },
    },
  })
  const weir = folder.start(['run'])
  const post = (port: number, path: string, body: string, type: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    }).then(
      ({ status, headers }) => [status, headers.has('retry-after')],
      () => [],
    )
  await expect.poll(() => post(http, '/', 'a line', 'text/plain')).toEqual([503, true])
  const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'a line' } }] }] }] }
  expect((await post(otlp, '/v1/logs', JSON.stringify(logs), 'application/json'))[0]).toBe(503)
  const seen = () => (existsSync(folder.file('out.txt')) ? readFileSync(folder.file('out.txt'), 'utf8') : '')
  await expect.poll(() => seen().split('\n').length).toBe(20_001)
  const top = await folder.weir('top', '--once')
  expect(top.stdout).toContain('receivers refuse')
  weir.kill('SIGTERM')
  expect((await weir.finished).code).toBe(0)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
