import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

const kills = 3
const reader = new URL('./killed-reader.fixture.ts', import.meta.url)

it('loses no line when its process is killed at any moment, while files are written and rotated', async () => {
  const fixture = await Fixture.create()
  const path = join(fixture.folder, 'app.log')
  let written = 0
  let rotations = 0
  const write = () => {
    appendFileSync(path, numbered(written + 1, written + 200))
    written += 200
    if (written % 4000 === 0) renameSync(path, `${path}.${++rotations}`)
  }
  const seen = () => new Set(existsSync(fixture.path('out')) ? linesOf(readFileSync(fixture.path('out'), 'utf8')) : [])
  let child: ChildProcess | undefined
  const writer = setInterval(write, 2)
  try {
    for (let kill = 0; kill < kills; kill++) {
      child = fork(reader, [fixture.folder])
      await once(child, 'message')
      const before = seen().size
      await expect.poll(() => seen().size, { interval: 10 }).toBeGreaterThan(before)
      await sleep(kill * 100)
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    clearInterval(writer)
    appendFileSync(path, 'last\n')
    child = fork(reader, [fixture.folder])
    await expect.poll(() => seen().has('last')).toBe(true)
    const all = new Set([...linesOf(numbered(1, written)), 'last'])
    await expect.poll(() => all.difference(seen()).size).toBe(0)
    // A kill may tear the line that the reader was writing; each reader begins with an empty one.
    expect(seen().difference(new Set([...all, ''])).size).toBeLessThanOrEqual(kills)
    expect(rotations).toBeGreaterThan(1)
  } finally {
    clearInterval(writer)
    child?.kill('SIGKILL')
    await fixture.remove()
  }
})
