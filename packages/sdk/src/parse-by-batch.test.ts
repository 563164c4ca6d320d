import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { LogBatch } from './batch.ts'
import { Cell } from './cell.ts'
import { bodySlot, Layout } from './layout.ts'
import { parseByBatch } from './parse-by-batch.ts'
import { parseSimply } from './testing/parsing.ts'
import { plainRecords } from './testing/plain-record.ts'

const layout = Layout.of('word')
const level = layout.addField('severityText')

/** `LEVEL word rest`: the rest is the body. */
function parseBatch(bytes: Buffer, from: number, to: number, batch: LogBatch): number {
  if (!batch.adopt(layout)) return from
  let at = from
  while (at < to && !batch.isFull) {
    const next = bytes.indexOf(10, at) + 1
    const end = bytes[next - 2] === 13 ? next - 2 : next - 1
    const first = bytes.indexOf(32, at)
    const second = bytes.indexOf(32, first + 1)
    if (end === at) return to
    const row = batch.addLine(at, end)
    if (first < 0 || second < 0 || second > end) {
      batch.fail(row)
    } else {
      const cell = row * batch.stride * 2
      batch.cells.set([at, Cell.STRING | first], cell + level * 2)
      batch.cells.set([first + 1, Cell.STRING | second], cell + 4)
      batch.cells.set([second + 1, Cell.STRING | end], cell + bodySlot * 2)
      batch.time[row] = 7
      batch.remainders()[row] = 8
      batch.severityNumber[row] = 9
    }
    at = next
  }
  return at
}

describe('parseByBatch', () => {
  const parser = { parse: parseByBatch(parseBatch), parseBatch }
  const lines = ['INFO one two', 'wärn drei vier fünf', 'bad', 'INFO ends with\r', `INFO a ${'long '.repeat(1000)}`]

  it('gives the records of the columnar level', () => {
    const bytes = Buffer.from(`${lines.join('\r\n')}\n`)
    const batch = new LogBatch()
    batch.bytes = bytes
    parseBatch(bytes, 0, bytes.length, batch)
    expect(plainRecords(parseSimply(parser, bytes))).toEqual(plainRecords(batch))
    expect(batch.failures).toEqual([2])
  })

  it('puts the further lines of a record on its body', () => {
    const batch = new LogBatch()
    const record = batch.append()
    expect(parser.parse('INFO one two\n  at three\n  at four', record)).toBe(true)
    expect(record.body).toBe('two\n  at three\n  at four')
  })

  it('refuses an empty line', () => {
    expect(parser.parse('', new LogBatch().append())).toBe(false)
  })
})
