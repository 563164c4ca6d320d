import { copyFile, readdir, rename, rm, truncate } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

const config = { include: ['*.log*'] }
const names = ['api.log', 'web.log', 'db.log']
const rotations = 6
/** Lines of one generation of one file: more than a fingerprint. */
const count = 60

/** Where the generations of a file go: `.1`, `.2`, … of which the oldest is deleted, or a name with the time. */
type Naming = (name: string, generation: number) => Promise<string>

const sequential =
  (kept: number): Naming =>
  async (name) => {
    const all = await readdir(fixture.folder)
    for (let number = kept; number >= 1; number--) {
      const path = fixture.path(`${name}.${number}`)
      if (!all.includes(`${name}.${number}`)) continue
      if (number === kept) await rm(path)
      else await rename(path, fixture.path(`${name}.${number + 1}`))
    }
    return `${name}.1`
  }
const timestamped: Naming = async (name, generation) => `${name}-2026112610${String(10 + generation)}`

const moveAndCreate = async (name: string, to: string) => {
  await rename(fixture.path(name), fixture.path(to))
  await fixture.write(name, '')
}
const copyAndTruncate = async (name: string, to: string) => {
  await copyFile(fixture.path(name), fixture.path(to))
  await truncate(fixture.path(name))
}

const generation = (name: string, index: number) => numbered(1, count, `${name} generation ${index} line`)
const all = () =>
  Array.from({ length: rotations + 1 }, (_, index) => names.flatMap((name) => linesOf(generation(name, index)))).flat()

describe('several files, rotated again and again', () => {
  for (const [how, rotate] of Object.entries({ moveAndCreate, copyAndTruncate })) {
    for (const [naming, nameOf] of Object.entries({ sequential: sequential(99), timestamped })) {
      it(`lose and repeat no line: ${how}, ${naming}, slowly`, async () => {
        await fixture.start(config)
        for (let index = 0; index <= rotations; index++) {
          for (const name of names) {
            if (index > 0) await rotate(name, await nameOf(name, index))
            await fixture.append(name, generation(name, index))
          }
          await fixture.untilLines((index + 1) * names.length * count)
          await fixture.pass()
        }
        expect(fixture.lines.toSorted()).toEqual(all().toSorted())
        expect(fixture.warnings).toEqual(['no file matches *.log*'])
      })
    }
  }

  for (const [naming, nameOf] of Object.entries({ sequential: sequential(99), timestamped })) {
    it(`lose and repeat no line: moved and created, ${naming}, faster than they are looked at`, async () => {
      await fixture.start(config)
      for (let index = 0; index <= rotations; index++) {
        for (const name of names) {
          if (index > 0) await moveAndCreate(name, await nameOf(name, index))
          await fixture.append(name, generation(name, index))
        }
      }
      await fixture.untilLines(all().length)
      await fixture.pass()
      expect(fixture.lines.toSorted()).toEqual(all().toSorted())
    })
  }

  it('lose and repeat no line that could be seen when the oldest generations are deleted', async () => {
    const nameOf = sequential(1)
    await fixture.start(config)
    for (let index = 0; index <= rotations; index++) {
      for (const name of names) {
        if (index > 0) await moveAndCreate(name, await nameOf(name, index))
        await fixture.append(name, generation(name, index))
      }
      await fixture.pass()
    }
    await fixture.untilLines(all().length)
    await fixture.pass()
    expect(fixture.lines.toSorted()).toEqual(all().toSorted())
    expect(fixture.meter.total('weir_receiver_file_lost_bytes')).toBe(0)
  })

  it('count what was seen and deleted before it could be read', async () => {
    const files = Array.from({ length: 20 }, (_, index) => `${index}.log`)
    for (const name of files) await fixture.write(name, generation(name, 0))
    fixture.output.block()
    await fixture.startInto({ ...config, max_open_files: 8 })
    await fixture.clock.advance(1000)
    for (const name of files) await rm(fixture.path(name))
    fixture.output.open()
    await fixture.until(() => fixture.meter.total('weir_receiver_file_open_files') === 0)
    await fixture.clock.advance(1000)
    const read = fixture.lines.length
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(files.length * count)
    const bytes = files.reduce((sum, name) => sum + generation(name, 0).length, 0)
    const readBytes = fixture.lines.reduce((sum, line) => sum + line.length + 1, 0)
    expect(fixture.meter.total('weir_receiver_file_lost_bytes')).toBe(bytes - readBytes)
    expect(fixture.warnings.filter((text) => text.includes('went away')).length).toBe(files.length - read / count)
  })
})

describe('while it was stopped', () => {
  it('reads what was rotated several times, the last of it compressed', async () => {
    const texts = Array.from({ length: 5 }, (_, index) => generation('app.log', index))
    const [first = '', ...others] = texts
    const begun = linesOf(first).slice(0, 20).join('\n').concat('\n')
    await fixture.write('app.log', begun)
    await fixture.start(config)
    await fixture.untilLines(20)
    await fixture.stop()
    await fixture.append('app.log', first.slice(begun.length))
    const nameOf = sequential(99)
    for (const [index, text] of others.entries()) {
      await moveAndCreate('app.log', await nameOf('app.log', index))
      await fixture.append('app.log', text)
    }
    await fixture.write('app.log.4.gz', gzipSync(first))
    await rm(fixture.path('app.log.4'))
    await fixture.start(config)
    await fixture.untilLines(texts.length * count)
    await fixture.pass()
    expect(fixture.lines.toSorted()).toEqual(texts.flatMap(linesOf).toSorted())
  })

  it('goes on in big files that were moved, and written after that', async () => {
    const big = numbered(1, 100_000, 'a line of a big file')
    await fixture.write('app.log', big)
    await fixture.runOnce(config)
    await rename(fixture.path('app.log'), fixture.path('moved.log'))
    await fixture.append('moved.log', numbered(100_001, 150_000, 'a line of a big file'))
    await fixture.runOnce(config)
    expect(fixture.lines.length).toBe(150_000)
    expect(new Set(fixture.lines).size).toBe(150_000)
  })
})

describe('truncated again and again', () => {
  it('is read from its beginning each time', async () => {
    await fixture.write('app.log', generation('app.log', 0))
    await fixture.start(config)
    for (let index = 1; index <= rotations; index++) {
      await fixture.untilLines(index * count)
      await truncate(fixture.path('app.log'))
      // Twice, before anybody looks.
      await fixture.append('app.log', 'x')
      await truncate(fixture.path('app.log'))
      await fixture.append('app.log', generation('app.log', index))
    }
    await fixture.untilLines((rotations + 1) * count)
    await fixture.pass()
    const texts = Array.from({ length: rotations + 1 }, (_, index) => generation('app.log', index))
    expect(fixture.lines).toEqual(texts.flatMap(linesOf))
  })

  it('is so behind 2 GiB, too', async () => {
    await fixture.write('app.log', '')
    await truncate(fixture.path('app.log'), 3 * 2 ** 30)
    await fixture.append('app.log', '\nold\n')
    await fixture.start({ ...config, start_at: 'end' })
    await fixture.append('app.log', 'last\n')
    await fixture.untilLines(1)
    await truncate(fixture.path('app.log'))
    await fixture.append('app.log', 'new\n')
    await fixture.untilLines(2)
    expect(fixture.lines).toEqual(['last', 'new'])
  })
})
