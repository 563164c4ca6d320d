import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { groupingAccuracy } from './templates-accuracy.ts'
import { csvRows } from './templates-csv.ts'
import { mineContents, mineRaw } from './templates-miner.ts'
import { findSystems, readStructured } from './templates-system.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-templates-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

describe('csvRows', () => {
  it('reads quotes, line breaks in quotes, CRLF, a byte order mark and empty fields', () => {
    expect([...csvRows('\ufeffa,b\r\n"x, ""y""\r\nz",\r\n\r\n,"w"\n"é",')]).toEqual([
      ['a', 'b'],
      ['x, "y"\r\nz', ''],
      ['', 'w'],
      ['é', ''],
    ])
  })

  it('says that a quote is open', () => {
    expect(() => [...csvRows('a,"b\n')]).toThrow('has no end')
  })
})

describe('groupingAccuracy', () => {
  it('counts the messages of clusters that are exactly one event', () => {
    expect(groupingAccuracy(['a', 'a', 'b', 'c'], ['x', 'x', 'y', 'z'])).toEqual({ ga: 1, fga: 1 })
    // b is a part of y only, and d holds two events.
    expect(groupingAccuracy(['a', 'a', 'b', 'c', 'd', 'd'], ['x', 'x', 'y', 'y', 'z', 'w'])).toEqual({
      ga: 2 / 6,
      fga: 2 / 8,
    })
  })
})

describe('a folder in the layout of loghub', () => {
  it('has any systems, and says which folder has no table', () => {
    write('Odd_2k/Odd_2k.log_structured.csv', 'LineId,Content,EventId\n')
    write('New/New_full.log_structured.csv', 'LineId,Content,EventId\n')
    write('Empty/x.log', '')
    write('LICENSE', '')
    const { systems, problems } = findSystems(folder)
    expect(systems.map(({ name }) => name)).toEqual(['New', 'Odd'])
    expect(problems).toEqual([`${join(folder, 'Empty')} has no file *.log_structured.csv`])
    expect(() => findSystems(join(folder, 'nowhere'))).toThrow('does not exist')
  })

  it('gives messages and events, or says what is missing', () => {
    const good = write('a.csv', '\ufeffLineId,Content,EventId,EventTemplate\r\n1,"a, b",E1,"a, <*>"\r\n')
    expect(readStructured(good)).toEqual({ contents: ['a, b'], events: ['E1'] })
    expect(() => readStructured(write('b.csv', 'Content\nx\n'))).toThrow('has no column EventId')
    expect(() => readStructured(write('c.csv', 'Content,EventId\n'))).toThrow('has no rows')
  })

  it('gives the same clusters for messages and for the lines that they stand in', () => {
    const contents = Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? `user u${n} logged in` : `disk ${n} is full`))
    const lines = contents.map((content, n) => `2026-01-01 00:00:${String(n).padStart(2, '0')},123 INFO ${content}`)
    const raw = mineRaw(write('a.log', `${lines.join('\r\n')}\r\n\r\n`), contents.length)
    expect(new Set(raw.ids).size).toBe(2)
    expect(raw.ids).toEqual(mineContents(contents).ids)
    expect(() => mineRaw(join(folder, 'a.log'), 62)).toThrow('61 lines, its table 62 rows')
  })
})
