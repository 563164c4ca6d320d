import { Buffer } from 'node:buffer'
import { type LineSettings, lineKeys } from '@weir/config'
import { type LogBatch, type Parser, resolveConfig } from '@weir/sdk'
import { MemoryLogger, MemoryMeter, type PlainRecord, plainRecords, TestClock } from '@weir/sdk/testing'
import { ReceiverMetrics } from '@weir/telemetry'
import type { RemoteParser } from '@weir/workers'
import { describe, expect, it } from 'vitest'
import { BatchPool } from '../batch/batch-pool.ts'
import { LineStage } from './line-stage.ts'

/** `LEVEL message`; indented lines go on with the record before. */
const leveled: Parser = {
  parse(line, record) {
    const match = /^(INFO|ERROR) (.*)$/s.exec(line)
    if (match === null) return false
    record.attributes.set('level', match[1] ?? '')
    record.body = match[2]
    return true
  },
  continues: (line) => /^\s/.test(line),
}
const plain: Parser = { parse: leveled.parse }

function stageWith(
  parser: Parser,
  config: object = {},
  splitter?: { start?: RegExp; end?: RegExp },
  remoteParser?: RemoteParser,
) {
  const records: PlainRecord[] = []
  const deadLetters: PlainRecord[] = []
  const meter = new MemoryMeter()
  const logger = new MemoryLogger()
  const resources: unknown[] = []
  const keep = (list: PlainRecord[]) => (batch: LogBatch) => {
    list.push(...plainRecords(batch))
    resources.push(batch.resource)
    return Promise.resolve({ done: Promise.resolve(), stored: Promise.resolve() })
  }
  const stage = new LineStage({
    settings: resolveConfig(lineKeys, config) as LineSettings,
    createParser: () => parser,
    remoteParser,
    splitter:
      splitter === undefined
        ? undefined
        : {
            start: splitter.start && {
              source: '',
              test: (text) => splitter.start?.test(text) ?? false,
              exec: () => null,
            },
            end: splitter.end && { source: '', test: (text) => splitter.end?.test(text) ?? false, exec: () => null },
          },
    pool: new BatchPool(),
    clock: new TestClock(),
    logger,
    metrics: new ReceiverMetrics(meter),
    send: keep(records),
    sendDeadLetters: keep(deadLetters),
  })
  const source = { id: 'test' }
  /** Sends the pieces as a receiver does: what was not consumed stands in front of the next; at the end it flushes. */
  const feed = async (...pieces: (string | Buffer)[]) => {
    let rest = Buffer.alloc(0)
    for (const piece of pieces) {
      const bytes = Buffer.concat([rest, Buffer.from(piece)])
      const { consumed, done } = await stage.sendLines({ bytes, from: 0, to: bytes.length, source })
      await done
      rest = bytes.subarray(consumed)
    }
    const { consumed } = await stage.sendLines({ bytes: rest, from: 0, to: rest.length, source, flush: true })
    expect(consumed).toBe(rest.length)
    return bodies()
  }
  const bodies = () => records.map(({ body }) => body)
  return { stage, feed, records, resources, deadLetters, meter, logger }
}

describe('lines become records', () => {
  it('whatever their ending, empty ones left out, the last one at the flush', async () => {
    expect(await stageWith(plain).feed('INFO one\nINFO two\r\n\n\r\nINFO three')).toEqual(['one', 'two', 'three'])
  })

  it('the same wherever the bytes are cut', async () => {
    const text = Buffer.from('INFO one\nINFO zwölf €\r\nwhat\n\nERROR four\n  at five\nINFO six')
    const whole = await stageWith(leveled).feed(text)
    expect(whole).toEqual(['one', 'zwölf €', 'what', 'four\n  at five', 'six'])
    for (let cut = 0; cut <= text.length; cut++) {
      expect(await stageWith(leveled).feed(text.subarray(0, cut), text.subarray(cut)), `cut at ${cut}`).toEqual(whole)
    }
    expect(await stageWith(leveled).feed(...Array.from(text, (_, at) => text.subarray(at, at + 1)))).toEqual(whole)
  })

  it('with attributes of the source and of the config', async () => {
    const { records, feed } = stageWith(plain, { attributes: { env: 'prod' } })
    await feed('INFO one\n')
    expect(records[0]?.attributes).toEqual({ env: 'prod', level: 'INFO' })
  })

  it('in batches that stay right when there are more lines than fit in one', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `INFO message ${index}`)
    expect(await stageWith(plain).feed(`${lines.join('\n')}\n`)).toEqual(lines.map((line) => line.slice(5)))
    expect(await stageWith(leveled).feed(`${lines.join('\n')}\n`)).toEqual(lines.map((line) => line.slice(5)))
  })
})

describe('what the parser does not understand', () => {
  const text = 'INFO one\nwhat is this\nINFO two\n'

  it('is kept with the line as body, and counted', async () => {
    const { feed, meter } = stageWith(plain)
    expect(await feed(text)).toEqual(['one', 'what is this', 'two'])
    expect(meter.total('weir_receiver_parse_failures')).toBe(1)
  })

  it('is dropped when told so, and counted', async () => {
    const { feed, meter } = stageWith(plain, { on_parse_error: 'drop' })
    expect(await feed(text)).toEqual(['one', 'two'])
    expect(meter.total('weir_receiver_parse_failures')).toBe(1)
  })

  it('goes to the dead letters when told so', async () => {
    const { feed, deadLetters } = stageWith(plain, { on_parse_error: 'dead_letter' })
    expect(await feed(text)).toEqual(['one', 'two'])
    expect(deadLetters.map(({ body }) => body)).toEqual(['what is this'])
  })

  it('is kept when the parser throws, and the error is logged', async () => {
    const { feed, logger, meter } = stageWith({
      parse() {
        throw new Error('broken parser')
      },
    })
    expect(await feed('a\nb\n')).toEqual(['a', 'b'])
    expect(logger.lines.some(({ level }) => level === 'error')).toBe(true)
    expect(meter.total('weir_receiver_parser_errors')).toBe(1)
  })
})

/** A line that ends with `+` is a part of the one behind it. */
const parts: Parser = {
  parse: () => true,
  parseBatch(bytes, from, to, batch, isFinal) {
    let at = from
    while (at < to) {
      let end = bytes.indexOf(10, at)
      while (bytes[end - 1] === 0x2b && end + 1 < to) end = bytes.indexOf(10, end + 1)
      if (bytes[end - 1] === 0x2b && isFinal !== true) return at
      batch.append().body = bytes.toString('utf8', at, end).replaceAll('+\n', '')
      at = end + 1
    }
    return at
  },
  open: ({ id }) => ({ ...parts, resource: { 'file.id': id, owner: 'parser' } }),
}

describe('a parser whose records have several parts', () => {
  it('gets a record again until it is complete, wherever the bytes are cut', async () => {
    const text = Buffer.from('one\nt+\nw+\no\nthree\nfo+\nur+\n')
    const whole = ['one', 'two', 'three', 'four+']
    for (let cut = 0; cut <= text.length; cut++)
      expect(await stageWith(parts).feed(text.subarray(0, cut), text.subarray(cut)), `cut at ${cut}`).toEqual(whole)
  })

  it('leaves a record that is not complete with its source', async () => {
    const { stage, records } = stageWith(parts)
    const bytes = Buffer.from('one\ntwo+\n')
    const { consumed } = await stage.sendLines({ bytes, from: 0, to: bytes.length, source: { id: 'test' } })
    expect([consumed, records.map(({ body }) => body)]).toEqual([4, ['one']])
  })

  it('does not wait for more than a record may have', async () => {
    const { stage, records } = stageWith(parts, { max_log_size: '300KiB' })
    const bytes = Buffer.from('x+\n'.repeat(400_000))
    const { consumed } = await stage.sendLines({ bytes, from: 0, to: bytes.length, source: { id: 'test' } })
    expect(records.length).toBeGreaterThan(0)
    expect(bytes.length - consumed).toBeLessThan(600 * 1024)
  })

  it('tells what it knows of the source, over which the receiver has the last word', async () => {
    const { stage, resources } = stageWith(parts, { resource: { owner: 'config', env: 'prod' } })
    const bytes = Buffer.from('one\n')
    const source = { id: 'a', resource: { owner: 'source' } }
    await stage.sendLines({ bytes, from: 0, to: bytes.length, source })
    expect(resources[0]).toEqual({ 'file.id': 'a', owner: 'source', env: 'prod' })
  })
})

describe('records of several lines', () => {
  it('begin where line_start_pattern matches', async () => {
    const { feed } = stageWith(plain, {}, { start: /^(INFO|ERROR)/ })
    expect(await feed('INFO a\n b\nno indent\nERROR c\n', '\nINFO d\n e')).toEqual(['a\n b\nno indent', 'c', 'd\n e'])
  })

  it('end where line_end_pattern matches', async () => {
    const { feed } = stageWith(plain, {}, { end: /;$/ })
    expect(await feed('INFO a\nb;\nINFO c;\nINFO d')).toEqual(['a\nb;', 'c;', 'd'])
  })

  it('join a stack trace to the record that it belongs to, without any configuration', async () => {
    const { feed, meter } = stageWith(leveled)
    expect(await feed('ERROR failed\n  at one\n  at two\nINFO next\n')).toEqual(['failed\n  at one\n  at two', 'next'])
    expect(meter.total('weir_receiver_parse_failures')).toBe(0)
  })

  it('stay whole when they are larger than a batch', async () => {
    const trace = Array.from({ length: 30_000 }, (_, index) => `  at frame ${index}`).join('\n')
    expect(await stageWith(leveled).feed(`ERROR deep\n${trace}\nINFO next\n`)).toEqual([`deep\n${trace}`, 'next'])
  })
})

describe('bad input', () => {
  it('has invalid UTF-8 replaced and counted, and nothing else changed', async () => {
    const { feed, meter } = stageWith(plain)
    const bytes = Buffer.concat([Buffer.from('INFO a\nINFO b'), Buffer.from([0xff, 0xc3]), Buffer.from('c\nINFO d\n')])
    expect(await feed(bytes)).toEqual(['a', 'b\ufffd\ufffdc', 'd'])
    expect(meter.total('weir_receiver_invalid_utf8')).toBe(1)
  })

  it('keeps NUL and control characters', async () => {
    expect(await stageWith(plain).feed('INFO a\0b\u0007\n')).toEqual(['a\0b\u0007'])
  })

  it('cuts a record that is too long at a character, counts it, and reads the next', async () => {
    const { feed, meter } = stageWith(plain, { max_log_size: 12 })
    expect(await feed(`INFO ${'ä'.repeat(50)}\nINFO next\n`)).toEqual(['äää', 'next'])
    expect(meter.total('weir_receiver_overlong_log_records')).toBe(1)
  })

  it('drops a record that is too long when told so', async () => {
    const { feed, meter } = stageWith(plain, { max_log_size: 12, max_log_size_behavior: 'drop' })
    expect(await feed(`INFO ${'x'.repeat(50)}\nINFO next\n`)).toEqual(['next'])
    expect(meter.total('weir_receiver_overlong_log_records')).toBe(1)
  })

  it('takes a line of any length that comes in pieces, without keeping it', async () => {
    const { stage, records } = stageWith(plain, { max_log_size: 1000 })
    const source = { id: 'long' }
    const piece = Buffer.alloc(4096, 'x')
    for (let count = 0; count < 1000; count++) {
      const { consumed } = await stage.sendLines({ bytes: piece, from: 0, to: piece.length, source })
      expect(consumed).toBe(piece.length)
    }
    const end = Buffer.from('xx\nINFO next\n')
    await stage.sendLines({ bytes: end, from: 0, to: end.length, source })
    expect(records.map(({ body }) => String(body).length)).toEqual([1000, 4])
  })

  it('reads arbitrary bytes without an error', async () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256))
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .map((line) => line.replace(/\r$/, ''))
      .filter((line) => line !== '')
    expect(await stageWith(plain).feed(bytes)).toEqual(lines)
  })
})

describe('lines whose worker failed', () => {
  // One piece, and more lines than a batch has rows.
  const lines = Array.from({ length: 6000 }, (_, index) => `INFO ${index}`)
  const failing = { parse: () => Promise.reject(new Error('it failed')) }

  it('are all parsed here, more than fit in a batch too', async () => {
    const { feed, meter } = stageWith(plain, {}, undefined, failing)
    expect(await feed(`${lines.join('\n')}\n`)).toEqual(lines.map((line) => line.slice(5)))
    expect(meter.total('weir_receiver_parser_errors')).toBe(1)
  })

  it('are kept as they are where the parser must not run here', async () => {
    const { feed, meter, logger } = stageWith(plain, {}, undefined, { ...failing, fallback: { parse: () => false } })
    expect(await feed(`${lines.join('\n')}\n`)).toEqual(lines)
    expect(meter.total('weir_receiver_parse_failures')).toBe(6000)
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'the parser failed in a worker: its lines are kept as they are',
    ])
  })

  it('are so without a word while it does not run', async () => {
    const remote = { parse: () => Promise.resolve(undefined), fallback: { parse: () => false } }
    const { feed, logger } = stageWith(plain, {}, undefined, remote)
    expect(await feed('INFO one\n')).toEqual(['INFO one'])
    expect(logger.lines).toEqual([])
  })
})
