import { link, mkdir, rename, rm, symlink } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

const path = (name: string) => fixture.path(name)
const expectOnce = (...texts: string[]) => expect(fixture.lines.toSorted()).toEqual(texts.flatMap(linesOf).toSorted())

/** As `ln -sfn` does it: at no moment is there no link. */
async function relink(target: string, name: string): Promise<void> {
  await symlink(path(target), path(`${name}.new`))
  await rename(path(`${name}.new`), path(name))
}

describe('links', () => {
  beforeEach(async () => {
    await mkdir(path('data'))
    await fixture.write('data/one', numbered(1, 10, 'one'))
    await fixture.write('data/two', numbered(1, 10, 'two'))
  })

  it('are followed along a chain, whichever of its links is changed', async () => {
    await symlink(path('data/one'), path('second'))
    await symlink(path('second'), path('first'))
    await symlink(path('first'), path('app.log'))
    await fixture.start()
    await fixture.untilLines(10)
    await relink('data/two', 'second')
    await fixture.append('data/one', numbered(11, 12, 'one'))
    await fixture.untilLines(22)
    await relink('data/one', 'first')
    await fixture.append('data/one', numbered(13, 13, 'one'))
    await fixture.append('data/two', numbered(11, 11, 'two'))
    await fixture.untilLines(24)
    await fixture.pass()
    expectOnce(numbered(1, 13, 'one'), numbered(1, 11, 'two'))
  })

  it('are followed to the target that they got while it was stopped', async () => {
    await symlink(path('data/one'), path('app.log'))
    await fixture.start()
    await fixture.untilLines(10)
    await fixture.stop()
    await relink('data/two', 'app.log')
    await fixture.start()
    await fixture.untilLines(20)
    await fixture.stop()
    await fixture.append('data/one', numbered(11, 12, 'one'))
    await relink('data/one', 'app.log')
    await fixture.start()
    await fixture.untilLines(22)
    await fixture.pass()
    expectOnce(numbered(1, 12, 'one'), numbered(1, 10, 'two'))
  })

  it('to directories are followed, and so are the ones that take their place', async () => {
    for (const day of ['monday', 'tuesday']) {
      await mkdir(path(`data/${day}`))
      await fixture.write(`data/${day}/app.txt`, numbered(1, 10, day))
    }
    await symlink(path('data/monday'), path('today'))
    await fixture.start({ include: ['today/*.txt', '*.log'] })
    await fixture.untilLines(10)
    await relink('data/tuesday', 'today')
    await fixture.append('data/monday/app.txt', numbered(11, 12, 'monday'))
    await fixture.untilLines(22)
    await fixture.append('data/tuesday/app.txt', numbered(11, 12, 'tuesday'))
    await fixture.untilLines(24)
    await fixture.pass()
    expectOnce(numbered(1, 12, 'monday'), numbered(1, 12, 'tuesday'))
  })

  it('to one file are one file, and a warning names both', async () => {
    await symlink(path('data/one'), path('a.log'))
    await symlink(path('data/one'), path('b.log'))
    await fixture.start()
    await fixture.untilLines(10)
    await rm(path('a.log'))
    await fixture.append('data/one', numbered(11, 12, 'one'))
    await fixture.untilLines(12)
    await fixture.pass()
    expectOnce(numbered(1, 12, 'one'))
    expect(fixture.warnings).toEqual([expect.stringMatching(/b\.log is the same file as .*a\.log;/)])
  })
})

describe('several names of a file', () => {
  it('that more than one pattern means are no reason to read it twice, or to warn', async () => {
    await fixture.write('app.log', numbered(1, 10))
    await fixture.start({ include: ['app.log', '*.log', 'a*', path('app.log')] })
    await fixture.untilLines(10)
    await fixture.pass()
    expectOnce(numbered(1, 10))
    expect(fixture.warnings).toEqual([])
  })

  it('may come and go: a hard link takes over when the first name is removed', async () => {
    await fixture.write('app.log', numbered(1, 10))
    await fixture.start({ include: ['*.log*'] })
    await fixture.untilLines(10)
    await link(path('app.log'), path('app.log.1'))
    await rm(path('app.log'))
    await fixture.write('app.log', numbered(1, 5, 'other'))
    await fixture.append('app.log.1', numbered(11, 12))
    await fixture.untilLines(17)
    await fixture.pass()
    expectOnce(numbered(1, 12), numbered(1, 5, 'other'))
  })
})

describe('directories', () => {
  it('may have a file moved from one to another, and written after that', async () => {
    for (const name of ['in', 'done', 'done/deep']) await mkdir(path(name))
    await fixture.write('in/app.txt', numbered(1, 10))
    await fixture.start({ include: ['{in,done}/**/*.txt', '*.log'] })
    await fixture.untilLines(10)
    await fixture.append('in/app.txt', numbered(11, 12))
    await rename(path('in/app.txt'), path('done/app.txt'))
    await fixture.append('done/app.txt', numbered(13, 14))
    await fixture.untilLines(14)
    await rename(path('done/app.txt'), path('done/deep/app.txt'))
    await fixture.write('in/app.txt', numbered(1, 5, 'other'))
    await fixture.append('done/deep/app.txt', numbered(15, 16))
    await fixture.untilLines(21)
    await fixture.pass()
    expectOnce(numbered(1, 16), numbered(1, 5, 'other'))
  })

  it('that come under several wildcards, go, and come again are looked into', async () => {
    await fixture.start({ include: ['*/*/logs/*.txt', '*.log'] })
    for (const round of [1, 2, 3]) {
      for (const place of ['a/x', 'a/y', 'b/z']) {
        await mkdir(path(`${place}/logs`), { recursive: true })
        await fixture.write(`${place}/logs/app.txt`, numbered(1, 100, `${place} ${round}`))
      }
      await fixture.untilLines(round * 300)
      for (const top of ['a', 'b']) await rm(path(top), { recursive: true })
      await fixture.pass()
    }
    expect(new Set(fixture.lines).size).toBe(900)
    expect(fixture.lines.length).toBe(900)
  })

  it('may be renamed with the files in them', async () => {
    await mkdir(path('old'))
    await fixture.write('old/app.txt', numbered(1, 10))
    await fixture.start({ include: ['*/*.txt', '*.log'] })
    await fixture.untilLines(10)
    await rename(path('old'), path('new'))
    await fixture.append('new/app.txt', numbered(11, 12))
    await fixture.untilLines(12)
    await fixture.pass()
    expectOnce(numbered(1, 12))
  })
})
