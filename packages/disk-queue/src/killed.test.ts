import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryLogger, TestClock } from '@weir/sdk/testing'
import { expect, it } from 'vitest'
import { DiskQueue } from './disk-queue.ts'

const fixture = join(import.meta.dirname, 'killed-queue.fixture.ts')

it('loses nothing that was acknowledged, whenever the process is killed', { timeout: 180_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-killed-'))
  let next = 0
  const exported = new Set<number>()
  for (let round = 0; round < 6; round++) {
    const told = join(directory, `told-${round}`)
    writeFileSync(told, '')
    const child = spawn(process.execPath, [fixture, directory, String(next), told], { stdio: 'ignore' })
    const ended = once(child, 'close')
    // In the middle of something: more comes all the time.
    await expect.poll(() => statSync(told).size, { interval: 1 }).toBeGreaterThan(4000 + round * 1700)
    child.kill('SIGKILL')
    await ended
    const said = readFileSync(told, 'utf8')
    const numbers = (word: string) =>
      [...said.matchAll(new RegExp(`^${word} (\\d+)\\n`, 'gm'))].map(([, n]) => Number(n))
    for (const number of numbers('exported')) exported.add(number)
    const last = Math.max(-1, ...numbers('acknowledged'))
    expect(last).toBeGreaterThanOrEqual(next)
    next = last + 1
    // What the next run would find. Nothing is said to be done, and so all of it stays.
    const found: number[] = []
    const queue = await DiskQueue.open({
      ...{ directory, maxBytes: 4 << 20, whenFull: 'block', fsync: 'never', fsyncMs: 200 },
      ...{ clock: new TestClock(), logger: new MemoryLogger(), stopping: new AbortController().signal },
      onDrop() {},
      onDamage() {},
    })
    queue.finish()
    for (let taken = await queue.take(); taken !== undefined; taken = await queue.take()) {
      for (const { body } of taken.batch) found.push(Number.parseInt(String(body), 10))
    }
    await queue.close()
    const has = new Set([...found, ...exported])
    for (let number = 0; number <= last; number++) expect(has.has(number), `round ${round}: ${number}`).toBe(true)
    expect(found).toEqual(found.toSorted((a, b) => a - b))
  }
  rmSync(directory, { recursive: true })
})
