import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AttributeValue, LogBatch } from '@weir/sdk'
import { batchOf, MemoryLogger, plainRecords, settle, TestClock } from '@weir/sdk/testing'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { batchOfLetters, readDeadLetter, writeDeadLetters } from './dead-letter.ts'
import { DeadLetterFile } from './dead-letter-file.ts'
import { replayFile } from './replay-file.ts'

const refusal = { component: 'exporter/sink', reason: 'permanent', error: 'no', attempts: 1, time: 1_780_000_000_000 }
const lettersOf = (text: string) => text.split('\n').flatMap((line) => readDeadLetter(line) ?? [])

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-dead-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a dead letter', () => {
  it('is all of the record again when it is read', () => {
    const value = fc.jsonValue({ depthSize: 'small' }).map((json) => JSON.parse(JSON.stringify(json)) as AttributeValue)
    const text = fc.string({ unit: 'grapheme', minLength: 1 })
    const row = fc.record({
      body: fc.option(
        value.filter((body) => body !== null),
        { nil: undefined },
      ),
      attributes: fc.dictionary(
        text,
        value.filter((of) => of !== null),
      ),
      time: fc.option(fc.integer({ min: 0, max: 4e12 })),
      remainder: fc.integer({ min: 0, max: 999_999 }),
      severity: fc.integer({ min: 0, max: 24 }),
      traceId: fc.option(fc.constant('0af7651916cd43dd8448eb211c80319c')),
    })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
        const batch = new LogBatch({
          capacity: rows.length,
          resource: { 'host.name': 'a' },
          scope: { name: 'lib', version: '1' },
          source: 's',
          signal: 'alerts',
          observedTime: 5,
        })
        for (const { body, attributes, time, remainder, severity, traceId } of rows) {
          const record = batch.append()
          record.body = body
          for (const [name, of] of Object.entries(attributes)) record.attributes.set(name, of)
          if (time !== null) record.time = time
          record.timeRemainder = remainder
          record.severityNumber = severity
          if (traceId !== null) record.traceId = traceId
        }
        const read = batchOfLetters(lettersOf(writeDeadLetters(batch, refusal)))
        expect(plainRecords(read)).toEqual(plainRecords(batch))
        expect(Array.from(read, (record) => record.timeRemainder)).toEqual(rows.map(({ remainder }) => remainder))
        const { signal, source, resource, scope, observedTime } = read
        expect({ signal, source, resource: { ...resource }, scope, observedTime }).toEqual({
          ...{ signal: 'alerts', source: 's', resource: { 'host.name': 'a' }, observedTime: 5 },
          scope: { name: 'lib', version: '1' },
        })
      }),
      { numRuns: 100 },
    )
  })

  it('keeps the line as it came, of selected records alone', () => {
    const whole = new LogBatch()
    whole.bytes = Buffer.from('grüßeleft outzwei')
    for (const [from, to] of [
      [0, 7],
      [7, 15],
      [15, 19],
    ] as const)
      whole.addLine(from, to)
    const batch = whole.filter(({ body }) => body !== 'left out')
    const read = batchOfLetters(lettersOf(writeDeadLetters(batch, refusal)))
    expect(Array.from(read, ({ line, body }) => [line, body])).toEqual([
      ['grüße', 'grüße'],
      ['zwei', 'zwei'],
    ])
  })
})

describe('a file of dead letters', () => {
  const fileOf = () => {
    const clock = new TestClock()
    const stop = new AbortController()
    const logger = new MemoryLogger()
    const path = join(folder, 'sub', 'dead.ndjson')
    const file = new DeadLetterFile({ path, clock, logger })
    const append = (lines: string, maxBytes = 1e6) => file.append(lines, { maxBytes, stopping: stop.signal })
    return { clock, stop, logger, path, append }
  }

  it('is for its owner alone, and keeps what is appended at the same time in order', async () => {
    const { append, path } = fileOf()
    await Promise.all(Array.from({ length: 20 }, (_, index) => append(`${index}\n`)))
    expect(readFileSync(path, 'utf8').trim().split('\n')).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`))
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('takes nothing beyond its bound, and something again when it was moved away', async () => {
    const { append, path } = fileOf()
    expect(await append('one\n', 8)).toBe(true)
    expect(await append('three\n', 8)).toBe(false)
    expect(readFileSync(path, 'utf8')).toBe('one\n')
    renameSync(path, `${path}.1`)
    expect(await append('three\n', 8)).toBe(true)
  })

  it('loses no other line to one that a crash has cut off', async () => {
    const { append, path } = fileOf()
    await append(writeDeadLetters(batchOf(['one', 'two']), refusal))
    truncateSync(path, statSync(path).size - 7)
    await append(writeDeadLetters(batchOf(['three']), refusal))
    expect(lettersOf(readFileSync(path, 'utf8')).map(({ record }) => record.body)).toEqual(['one', 'three'])
  })

  it('holds back what cannot be written, says so, and goes on when it can', async () => {
    const { append, clock, logger, path } = fileOf()
    writeFileSync(join(folder, 'sub'), 'in the way')
    let isDone = false
    const appended = append('one\n').then(() => {
      isDone = true
    })
    await expect.poll(() => logger.lines.some(({ level }) => level === 'error')).toBe(true)
    expect(isDone).toBe(false)
    rmSync(join(folder, 'sub'))
    await clock.advance(1000)
    await appended
    expect(readFileSync(path, 'utf8')).toBe('one\n')
  })

  it('gives up what cannot be written when all must stop', async () => {
    const { append, stop, logger } = fileOf()
    writeFileSync(join(folder, 'sub'), 'in the way')
    const appended = append('one\n')
    appended.catch(() => {})
    await expect.poll(() => logger.lines.some(({ level }) => level === 'error')).toBe(true)
    stop.abort(new Error('stop'))
    await settle()
    await expect(appended).rejects.toThrow('stop')
  })
})

describe('a replay of a file', () => {
  const sent: unknown[] = []
  const send = (lines: string) => {
    sent.push(...lettersOf(lines).map(({ record }) => record.body ?? record.line))
    return Promise.resolve()
  }
  beforeEach(() => void sent.splice(0))
  const write = (...lines: string[]) => {
    const path = join(folder, 'dead.ndjson')
    writeFileSync(path, writeDeadLetters(batchOf(lines), refusal), { flag: 'a' })
    return path
  }

  it('sends nothing twice, unless it is told to', async () => {
    const path = write('one', 'two')
    await replayFile({ path, send })
    write('three')
    expect((await replayFile({ path, send })).before).toBe(2)
    expect(sent).toEqual(['one', 'two', 'three'])
    await replayFile({ path, send, again: true })
    expect(sent).toEqual(['one', 'two', 'three', 'one', 'two', 'three'])
  })

  it('sends again what was not delivered', async () => {
    const path = write('one')
    await expect(replayFile({ path, send: () => Promise.reject(new Error('down')) })).rejects.toThrow('down')
    await replayFile({ path, send })
    expect(sent).toEqual(['one'])
  })

  it('takes those alone for which the condition is true, and tells of lines that are none', async () => {
    const path = write('one', 'two')
    writeFileSync(path, '{"weir":"dead_letter/1","id"\nnonsense\n', { flag: 'a' })
    const where = 'body == "two" && attributes["weir.dead_letter.reason"] == "permanent"'
    const counts = await replayFile({ path, where, send })
    expect(sent).toEqual(['two'])
    expect([counts.other, counts.unreadable]).toEqual([1, 2])
    expect([...counts.chosen]).toEqual([['exporter/sink permanent', 1]])
  })

  it('only counts when it is given nothing to send with', async () => {
    const path = write('one')
    expect([...(await replayFile({ path })).chosen.values()]).toEqual([1])
    await replayFile({ path, send })
    expect(sent).toEqual(['one'])
  })
})
