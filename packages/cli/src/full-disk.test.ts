import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

const count = 20_000
const name = (index: number) => `line ${String(index).padStart(5, '0')}`
const inNamespace = (script: string) => ['-rm', 'sh', '-c', `mount -t tmpfs -o size=6m tmpfs state && ${script}`]
const canMount = (): boolean => {
  using folder = new Folder()
  mkdirSync(folder.file('state'))
  return spawnSync('unshare', inNamespace('true'), { cwd: folder.path }).status === 0
}

/** Needs a file system that is really full: a small one in a mount namespace of its own. */
it.skipIf(process.platform !== 'linux' || !canMount())(
  'goes on when there is room again on a disk that was full of queue and state, and loses nothing',
  { timeout: 180_000 },
  async () => {
    using folder = new Folder()
    mkdirSync(folder.file('state'))
    folder.write('plugin.ts', plugin)
    folder.write(
      'app.log',
      Array.from({ length: count }, (_, index) => `${name(index)} ${'x'.repeat(1000)}\n`).join(''),
    )
    folder.write('weir.json', {
      plugins: { paths: ['plugin.ts'] },
      receivers: { file: { include: ['app.log'], parser: 'text', poll_interval: '20ms' } },
      exporters: {
        frail: {
          retry_on_failure: { initial_interval: '50ms', max_interval: '50ms' },
          circuit_breaker: { failure_threshold: 1_000_000 },
          sending_queue: { storage: 'disk' },
        },
      },
      service: { state_dir: 'state', pipelines: { logs: { receivers: ['file'], exporters: ['frail'] } } },
    })
    const command = inNamespace(`exec ${JSON.stringify(process.execPath)} ${JSON.stringify(main)} run`)
    const weir = spawn('unshare', command, { cwd: folder.path, stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(weir, 'close')
    let log = ''
    weir.stderr.setEncoding('utf8').on('data', (text) => {
      log += text
    })
    try {
      await expect.poll(() => log).toContain('the queue cannot be written, trying again')
      expect(log).toContain('ENOSPC')
      expect(weir.exitCode).toBe(null)
      folder.write('up', '')
      const seen = () => (existsSync(folder.file('out.txt')) ? readFileSync(folder.file('out.txt'), 'utf8') : '')
      await expect.poll(() => new Set(seen().trim().split('\n')).size, { interval: 200 }).toBe(count)
      const first = [...new Set(seen().trim().split('\n'))]
      expect(first).toEqual(Array.from({ length: count }, (_, index) => name(index)))
    } finally {
      weir.kill('SIGTERM')
    }
    expect((await ended)[0]).toBe(0)
  },
)
