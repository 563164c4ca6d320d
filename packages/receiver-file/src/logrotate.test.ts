import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { env } from 'node:process'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import type { Receiver } from '@weir/sdk'
import { CollectingOutput, createComponent, MemoryState, testServices } from '@weir/sdk/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import definition from './index.ts'
import { Fixture, linesOf } from './receiver.fixture.ts'
import { systemClock } from './system-clock.fixture.ts'

const logrotate = ['/usr/sbin', ...(env.PATH ?? '').split(':')]
  .map((folder) => join(folder, 'logrotate'))
  .find((path) => existsSync(path))
const run = promisify(execFile)
const writer = new URL('./rotated-writer.fixture.ts', import.meta.url)

const rotations = 6
/** This one comes while the receiver is stopped. */
const unseen = 3
const date = 'dateext\ndateformat -%Y%m%d-%s'

// Where everything is to be tested, a missing program is a failure.
describe.skipIf(logrotate === undefined && env.CI === undefined)('logrotate (needs: apt-get install logrotate)', () => {
  let fixture: Fixture
  let receiver: Receiver | undefined
  let output: CollectingOutput
  let state: MemoryState
  let lines: string[]

  beforeEach(async () => {
    fixture = await Fixture.create()
    state = new MemoryState()
    lines = []
  })
  afterEach(async () => {
    await receiver?.stop()
    await receiver?.close?.()
    await fixture.remove()
  })

  const start = async () => {
    output = new CollectingOutput()
    const runMode = { once: false, isTerminal: false, baseDir: fixture.folder }
    const services = testServices({ overrides: { clock: systemClock, state, run_mode: runMode } })
    receiver = createComponent(definition, { include: ['app.log*'], flush_period: '0' }, services)
    await receiver.start(output)
  }
  const stop = async () => {
    await receiver?.stop()
    output.settleAll()
    await new Promise(setImmediate)
    await receiver?.close?.()
    receiver = undefined
    for (const { text } of output.lines) if (!text.includes('canary')) lines.push(text)
    output.lines.length = 0
  }
  const seen = () => lines.length + output.lines.length

  /** Waits until another look has been taken, so that what was to be read twice has been. */
  const pass = async () => {
    for (const name of ['app.log.canary-1', 'app.log.canary-2']) {
      await fixture.write(name, `${name}\n`)
      await expect.poll(() => output.lines.some(({ text }) => text === name)).toBe(true)
    }
  }

  /** What lies in the files, whichever of them. */
  const stored = async () => {
    const names = (await readdir(fixture.folder)).filter((name) => name.startsWith('app.log'))
    const texts = names.map(async (name) => {
      const bytes = await readFile(fixture.path(name))
      return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
    })
    return (await Promise.all(texts)).flatMap(linesOf)
  }

  /** Rotates the log of a program that goes on writing; gives how many lines it wrote. */
  const rotateMeanwhile = async (directives: string): Promise<number> => {
    const path = fixture.path('app.log')
    const reopened = fixture.path('reopened')
    await fixture.write('app.log', '')
    const child = fork(writer, [path, reopened])
    try {
      await once(child, 'message')
      const reopen = `postrotate\nrm -f ${reopened}\nkill -USR1 ${child.pid}\nuntil [ -e ${reopened} ]; do sleep 0.01; done\nendscript`
      const isMoved = !directives.includes('copytruncate')
      const config = `${path} {\nrotate 20\n${directives}\n${isMoved ? reopen : ''}\n}\n`
      await writeFile(fixture.path('logrotate.conf'), config, { mode: 0o600 })
      await start()
      for (let index = 0; index < rotations; index++) {
        const before = seen()
        if (index === unseen) await stop()
        else await expect.poll(seen, { interval: 5 }).toBeGreaterThan(before + 400)
        const options = ['-f', '-s', fixture.path('logrotate.state'), fixture.path('logrotate.conf')]
        await run(logrotate ?? 'logrotate', options)
        // By the time in seconds, two rotations get one name.
        const second = Math.floor(Date.now() / 1000)
        if (directives.includes(date)) await expect.poll(() => Date.now() / 1000).toBeGreaterThan(second + 1)
        if (index === unseen) await start()
      }
      const told = once(child, 'message')
      child.send('stop')
      const [written] = await told
      return Number(written)
    } finally {
      child.kill('SIGKILL')
    }
  }

  it.each(['create', 'create\ncompress', 'create\ncompress\ndelaycompress', `create\ncompress\n${date}`])(
    'gives every line once: %j',
    async (directives) => {
      const written = await rotateMeanwhile(directives)
      await expect.poll(seen).toBeGreaterThanOrEqual(written)
      await pass()
      await stop()
      const numbers = lines.map((line) => Number(/^line (\d+) of a program that goes on writing$/.exec(line)?.[1]))
      expect(numbers.toSorted((one, other) => one - other)).toEqual(
        Array.from({ length: written }, (_, index) => index + 1),
      )
    },
    30_000,
  )

  it.each(['copytruncate', 'copytruncate\ncompress', `copytruncate\n${date}`])(
    'gives every line once that is not lost between copying and truncating: %j',
    async (directives) => {
      const written = await rotateMeanwhile(directives)
      const kept = await stored()
      await expect
        .poll(() => new Set([...lines, ...output.lines.map(({ text }) => text)]).isSupersetOf(new Set(kept)))
        .toBe(true)
      await pass()
      await stop()
      const whole = lines.filter((line) => /^line \d+ of a program that goes on writing$/.test(line))
      expect(new Set(whole).size).toBe(whole.length)
      // What was cut in the middle of a line by the truncation is at most one line each time.
      expect(lines.length - whole.length).toBeLessThanOrEqual(2 * rotations)
      expect(whole.length).toBeLessThanOrEqual(written)
    },
    30_000,
  )
})
