import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Command, Folder } from './command.fixture.ts'

/** Exporters that take a while, that never deliver, and that cannot even start. */
const plugins = `
import { appendFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { defineExporter } from '@weir/sdk'
const write = (batch) => appendFileSync('out.txt', Array.from(batch, ({ body }) => body + '\\n').join(''))
const never = () => {
  process.stderr.write('it waits\\n')
  return new Promise(() => {})
}
export default [
  defineExporter({ type: 'slow', create: () => ({ export: (batch) => setTimeout(150).then(() => write(batch)) }) }),
  defineExporter({ type: 'stuck', create: () => ({ export: never }) }),
  defineExporter({ type: 'lame', create: () => ({ start: never, export: never }) }),
]
`

const count = 20_000
const all = Array.from({ length: count }, (_, index) => `line ${index}`)
const seen = (folder: Folder) =>
  existsSync(folder.file('out.txt')) ? readFileSync(folder.file('out.txt'), 'utf8').split('\n').slice(0, -1) : []
const deadline = { interval: 5 }

function prepared(folder: Folder, exporter: string): void {
  folder.write('plugins.ts', plugins)
  folder.write('weir.json', {
    plugins: { paths: ['plugins.ts'] },
    receivers: { file: { include: ['app.log'], parser: 'text', poll_interval: '20ms' } },
    exporters: { [exporter]: {} },
    // Nothing ends because its time is over.
    service: { shutdown_timeout: '1h', pipelines: { logs: { receivers: ['file'], exporters: [exporter] } } },
  })
}

/** Signals until there is nobody left: of signals that come together, the system makes one. */
async function untilEnded(command: Command, signal: NodeJS.Signals): Promise<void> {
  let hasEnded = false
  void command.finished.then(() => {
    hasEnded = true
  })
  const signalled = () => {
    command.kill(signal)
    return hasEnded
  }
  await expect.poll(signalled, { interval: 100 }).toBe(true)
}

describe('a signal', () => {
  it('in the middle of a delivery lets it finish: nothing is lost, and nothing comes twice', async () => {
    using folder = new Folder()
    prepared(folder, 'slow')
    folder.write('app.log', `${all.join('\n')}\n`)
    for (let round = 1; round <= 2; round++) {
      const before = seen(folder).length
      const command = folder.start(['run', '--quiet'])
      await expect.poll(() => seen(folder).length, deadline).toBeGreaterThan(before)
      command.kill('SIGTERM')
      expect((await command.finished).code).toBe(0)
      folder.write(
        'app.log',
        [...all, ...Array.from({ length: round * count }, (_, at) => `more ${at}`), ''].join('\n'),
      )
    }
    await folder.weir('run', '--once', '--quiet')
    expect(seen(folder)).toEqual([...all, ...Array.from({ length: 2 * count }, (_, at) => `more ${at}`)])
  }, 60_000)

  it.each([
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGINT'],
  ] as const)(
    '%s, and then %s, ends it at once, and leaves what is not delivered to the next run',
    async (one, two) => {
      using folder = new Folder()
      prepared(folder, 'stuck')
      folder.write('app.log', 'line 0\n')
      const command = folder.start(['run', '--quiet'])
      await expect.poll(() => command.stderr, deadline).toContain('it waits')
      command.kill(one)
      await untilEnded(command, two)
      expect((await command.finished).code).toBe(1)
      prepared(folder, 'slow')
      await folder.weir('run', '--once', '--quiet')
      expect(seen(folder)).toEqual(['line 0'])
    },
    60_000,
  )

  it('repeated ends a collector that hangs where nothing can interrupt it', async () => {
    using folder = new Folder()
    prepared(folder, 'lame')
    folder.write('app.log', 'line 0\n')
    const command = folder.start(['run', '--quiet'])
    await expect.poll(() => command.stderr, deadline).toContain('it waits')
    await untilEnded(command, 'SIGTERM')
    expect((await command.finished).code).toBe(1)
  }, 60_000)
})
