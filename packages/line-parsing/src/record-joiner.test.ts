import { Buffer } from 'node:buffer'
import { LogBatch } from '@weir/sdk'
import { expect, it } from 'vitest'
import { joinContinuations } from './record-joiner.ts'

it('asks of each refused line with the line before it, and joins those that continue a record', () => {
  const lines = ['head', ' frame', 'end', 'other', 'next']
  const batch = new LogBatch({ capacity: 8 })
  batch.bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  let at = 0
  for (const line of lines) {
    const row = batch.addLine(at, at + line.length)
    if (row > 0 && row < 4) batch.fail(row)
    at += line.length + 1
  }
  const asked: string[][] = []
  const rows = joinContinuations(batch, (line, previous) => {
    asked.push([previous, line])
    return line === ' frame' || previous === ' frame'
  })
  expect(asked).toEqual([
    ['head', ' frame'],
    [' frame', 'end'],
    ['end', 'other'],
  ])
  expect([...(rows ?? [])].map((row) => batch.line(row))).toEqual(['head\n frame\nend', 'other', 'next'])
  expect(batch.failures).toEqual([3])
})
