import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, chown, mkdir, rm, symlink } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

/** What stands in a file or a link of this process; nothing if it has gone meanwhile. */
const orNothing = (read: () => string): string => {
  try {
    return read()
  } catch {
    return ''
  }
}

/** Descriptors of this process that point into the folder. */
const openDescriptors = (): number =>
  readdirSync('/proc/self/fd').filter((fd) =>
    orNothing(() => readlinkSync(`/proc/self/fd/${fd}`)).startsWith(fixture.folder),
  ).length

/** Folders that this process has asked the system to watch. */
const watches = (): number =>
  readdirSync('/proc/self/fdinfo')
    .map((fd) => orNothing(() => readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')))
    .join('')
    .split('inotify wd:').length - 1

describe('at the start', () => {
  const said = () => fixture.logger.lines.filter(({ level }) => level === 'info').map(({ message }) => message)

  it('says what it follows and from where, so that a quiet file is not taken for a hang', async () => {
    await fixture.write('a.log', 'one\n')
    await fixture.start({ start_at: 'end' })
    expect(said()).toEqual([`following ${fixture.path('a.log')} from its end`])
    await fixture.append('a.log', 'two\n')
    await fixture.untilLines(1)
    await fixture.stop()
    await fixture.append('a.log', 'three\n')
    await fixture.start({ start_at: 'end' })
    expect(said().at(-1)).toBe(`following ${fixture.path('a.log')} from byte 8`)
  })
})

describe('include and exclude', () => {
  it('reads what include means and exclude does not', async () => {
    await mkdir(fixture.path('deep/er'), { recursive: true })
    for (const name of ['a.log', 'b.log', 'c.txt', 'deep/d.log', 'deep/er/e.log', 'deep/er/f.log']) {
      await fixture.write(name, `${name}\n`)
    }
    await fixture.runOnce({ include: ['*.log', 'deep/**/*.log', 'c.{txt,md}'], exclude: ['b.log', '**/f.log'] })
    expect(fixture.lines.toSorted()).toEqual(['a.log', 'c.txt', 'deep/d.log', 'deep/er/e.log'])
  })

  it('reads a file whose name looks like a glob', async () => {
    await fixture.write('app[1].log', 'one\n')
    await fixture.runOnce({ include: ['app[1].log'] })
    expect(fixture.lines).toEqual(['one'])
  })

  it('follows links to directories, and goes round no circle', async () => {
    await mkdir(fixture.path('data/logs'), { recursive: true })
    await fixture.write('data/logs/a.log', 'one\n')
    await mkdir(fixture.path('links'))
    await symlink(fixture.path('data/logs'), fixture.path('links/logs'))
    await symlink(fixture.path('links'), fixture.path('links/self'))
    await fixture.runOnce({ include: ['links/**/*.log'] })
    expect(fixture.lines).toEqual(['one'])
    expect(fixture.warnings).toEqual([])
  })

  it('finds new directories under wildcards', async () => {
    await fixture.start({ include: ['*/logs/*.log', 'canary-*.log'] })
    await fixture.pass()
    await mkdir(fixture.path('service/logs'), { recursive: true })
    await fixture.write('service/logs/a.log', 'one\n')
    await fixture.untilLines(1)
  })
})

describe('attributes', () => {
  it('names the file', async () => {
    await fixture.write('a.log', 'one\n')
    await fixture.runOnce({ include_file_path: true })
    expect(fixture.attributesOf('one')).toEqual({ 'log.file.name': 'a.log', 'log.file.path': fixture.path('a.log') })
  })

  it('names what a link leads to, the target it has now', async () => {
    await mkdir(fixture.path('data'))
    for (const name of ['one', 'two']) await fixture.write(`data/${name}`, `${name}\n`)
    const config = { include_file_name_resolved: true, include_file_path_resolved: true }
    for (const name of ['one', 'two']) {
      await rm(fixture.path('a.log'), { force: true })
      await symlink(fixture.path(`data/${name}`), fixture.path('a.log'))
      await fixture.runOnce(config)
      const resolved = { 'log.file.name_resolved': name, 'log.file.path_resolved': fixture.path(`data/${name}`) }
      expect(fixture.attributesOf(name)).toEqual({ 'log.file.name': 'a.log', ...resolved })
    }
  })

  it('tells whose the file is, and who may do what with it', async () => {
    await fixture.write('a.log', 'one\n')
    await chmod(fixture.path('a.log'), 0o640)
    const names = { include_file_owner_name: true, include_file_owner_group_name: true }
    await fixture.runOnce({ ...names, include_file_permissions: true })
    const id = (flag: string) => execFileSync('/usr/bin/env', ['id', flag], { encoding: 'utf8' }).trim()
    expect(fixture.attributesOf('one')).toEqual({
      'log.file.name': 'a.log',
      'log.file.owner.name': id('-un'),
      'log.file.owner.group.name': id('-gn'),
      'log.file.permissions': '640',
    })
  })

  it.skipIf(process.getuid?.() !== 0)('gives the number of an owner who has no name', async () => {
    await fixture.write('a.log', 'one\n')
    await chown(fixture.path('a.log'), 54321, 54322)
    await fixture.runOnce({ include_file_owner_name: true, include_file_owner_group_name: true })
    const numbers = { 'log.file.owner.name': '54321', 'log.file.owner.group.name': '54322' }
    expect(fixture.attributesOf('one')).toMatchObject(numbers)
  })
})

describe('many files', () => {
  it('reads more files than may be open, and follows them all', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `${index}.log`)
    await Promise.all(names.map((name) => fixture.write(name, numbered(1, 10, name))))
    let most = 0
    const { sendLines } = fixture.output
    fixture.output.sendLines = (lines) => {
      most = Math.max(most, openDescriptors())
      return sendLines.call(fixture.output, lines)
    }
    await fixture.startInto({ max_open_files: 8 })
    await fixture.untilLines(3000)
    await Promise.all(names.map((name) => fixture.append(name, numbered(11, 12, name))))
    await fixture.untilLines(3600)
    await fixture.pass()
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(8)
    expect(fixture.lines.toSorted()).toEqual(names.flatMap((name) => linesOf(numbered(1, 12, name))).toSorted())
    await fixture.stop()
    expect(openDescriptors()).toBe(0)
  })

  it('does not close a file in the middle of reading it to open others', async () => {
    const room = Promise.withResolvers<void>()
    const { sendLines } = fixture.output
    fixture.output.sendLines = async (lines) => {
      if (lines.source.id.includes('big')) await room.promise
      return sendLines.call(fixture.output, lines)
    }
    await fixture.write('big.log', numbered(1, 3000, `big ${'x'.repeat(1000)}`))
    await fixture.startInto({ max_open_files: 8 })
    for (let index = 0; index < 20; index++) {
      await fixture.write(`small-${index}.log`, `small ${index}\n`)
      await fixture.until(() => fixture.lines.includes(`small ${index}`))
    }
    room.resolve()
    await fixture.untilLines(3020)
    expect(fixture.warnings).toEqual([])
  })

  it('does not let a big file hold up the others', async () => {
    await fixture.write('big.log', numbered(1, 15_000, `big ${'x'.repeat(1000)}`))
    for (let index = 0; index < 20; index++) await fixture.write(`small-${index}.log`, `small ${index}\n`)
    let bytesBefore = 0
    let small = 0
    const { sendLines } = fixture.output
    fixture.output.sendLines = (lines) => {
      if (lines.source.id.includes('small')) small++
      else if (small < 20) bytesBefore += lines.to - lines.from
      return sendLines.call(fixture.output, lines)
    }
    fixture.output.block()
    await fixture.startInto({})
    fixture.output.open()
    await fixture.untilLines(15_020)
    expect(bytesBefore).toBeLessThan(9 << 20)
  })

  it('holds no more memory than its blocks while nothing is delivered', async () => {
    await fixture.write('big.log', numbered(1, 8000, 'x'.repeat(1000)))
    fixture.output.holding = true
    const blocks = new Set<ArrayBufferLike>()
    const { sendLines } = fixture.output
    fixture.output.sendLines = (lines) => {
      blocks.add(lines.bytes.buffer)
      return sendLines.call(fixture.output, lines)
    }
    await fixture.startInto({})
    await fixture.until(() => fixture.output.pending >= 4)
    const begun = fixture.clock.now()
    await fixture.until(() => fixture.clock.now() - begun >= 1000)
    expect(fixture.output.pending).toBe(4)
    while (fixture.output.lines.length < 8000) {
      fixture.output.settleAll()
      await fixture.clock.advance(20)
    }
    expect(blocks.size).toBeLessThanOrEqual(5)
  })
})

describe('stopping', () => {
  it('leaves no timer, descriptor or watch behind, at whatever moment', async () => {
    await fixture.write('a.log', `${numbered(1, 200_000)}unfinished`)
    const watched = watches()
    for (let turns = 0; turns < 12; turns++) {
      await fixture.start()
      for (let turn = 0; turn < turns * 3; turn++) await new Promise(setImmediate)
      await fixture.stop()
      expect(fixture.clock.pending).toBe(0)
      expect(openDescriptors()).toBe(0)
      expect(watches()).toBe(watched)
    }
    await fixture.start()
    expect(watches()).toBe(watched + 1)
    await fixture.until(() => fixture.lines.includes('line 200000'))
    expect(fixture.lines.length).toBeGreaterThanOrEqual(200_000)
    expect(new Set(fixture.lines).size).toBeGreaterThanOrEqual(200_000)
  })
})
