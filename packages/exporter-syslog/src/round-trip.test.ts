// biome-ignore lint/style/noRestrictedImports: what one end of Weir writes, the other must read
import parsers from '@weir/parser-common'
import { type AttributeMap, type Definition, isDefinition, type Parser, resolveConfig } from '@weir/sdk'
import { batchOf, createComponent, parseColumnar, parserHarness, parseSimply, TestClock } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { config, type SyslogConfig } from './config.ts'
import { escapeControls } from './control-characters.ts'
import { MessageFormat } from './message-format.ts'

const now = Date.UTC(2026, 10, 26)
const isSyslog = (one: unknown): one is Definition<'parser', Parser> => isDefinition(one) && one.type === 'syslog'

function parserOf(protocol: string) {
  const definition = [parsers].flat().find(isSyslog)
  if (definition === undefined) throw new Error('there is no parser syslog')
  return parserHarness(definition, { config: { protocol }, services: { clock: new TestClock(now) } })
}

function formatOf(given: object): MessageFormat {
  return new MessageFormat({
    // What resolveConfig makes of the schema is of the schema's type.
    config: resolveConfig(config, { endpoint: 'x', ...given }) as SyslogConfig,
    machine: 'machine',
    clock: new TestClock(now),
    onTruncated: () => {},
  })
}

const word = (max: number) => fc.stringMatching(new RegExp(`^[!-~]{1,${max}}$`)).filter((text) => text !== '-')
const name = fc.stringMatching(/^[!#-<>-\\^-~]{1,32}$/)
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }).filter((one) => !one.includes('\ufeff'))
const data = fc.dictionary(name, fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }), {
  minKeys: 1,
  maxKeys: 3,
  noNullPrototype: true,
})
const priority = fc.integer({ min: 0, max: 191 })

const plain = (map: object): object => JSON.parse(JSON.stringify(map))

describe('what is written is read again', () => {
  it('as RFC 5424, with everything that it says', () => {
    const record = fc.record({
      time: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
      body: text,
      attributes: fc.record({ priority, hostname: word(255), appname: word(48), proc_id: word(128), msg_id: word(32) }),
      structured_data: data,
    })
    const parser = parserOf('rfc5424')
    const format = formatOf({ max_message_size: '64KiB' })
    fc.assert(
      fc.property(record, ({ time, body, attributes, structured_data }) => {
        const written: AttributeMap = { ...attributes, structured_data }
        const [one] = batchOf([{ time, body, attributes: written }])
        if (one === undefined) throw new Error('no record')
        const { records, failures } = parser.feed(`${format.format(one)}\n`)
        expect(failures).toBe(0)
        expect(records).toHaveLength(1)
        expect(records[0]).toMatchObject({ time, body: escapeControls(body), attributes })
        const escaped = Object.entries(structured_data).map(([id, element]) => [
          id,
          Object.fromEntries(Object.entries(element).map(([key, value]) => [key, escapeControls(value)])),
        ])
        expect(plain(records[0]?.attributes ?? {})).toMatchObject({
          structured_data: plain(Object.fromEntries(escaped)),
        })
      }),
      { numRuns: 500 },
    )
  })

  it('as RFC 3164, to the second', () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9._/-]{0,30}$/)
    const record = fc.record({
      time: fc.integer({ min: now - 180 * 86_400_000, max: now }),
      body: text.filter((one) => one.trim() === one),
      attributes: fc.record({
        priority,
        hostname: label,
        appname: label,
        proc_id: fc.stringMatching(/^[1-9]\d{0,5}$/),
      }),
    })
    const parser = parserOf('rfc3164')
    const format = formatOf({ protocol: 'rfc3164' })
    fc.assert(
      fc.property(record, ({ time, body, attributes }) => {
        const [one] = batchOf([{ time, body, attributes }])
        if (one === undefined) throw new Error('no record')
        const { records, failures } = parser.feed(`${format.format(one)}\n`)
        expect(failures).toBe(0)
        expect(records).toHaveLength(1)
        expect(records[0]).toMatchObject({
          time: Math.floor(time / 1000) * 1000,
          body: escapeControls(body),
          attributes,
        })
      }),
      { numRuns: 500 },
    )
  })

  it('as one record, whatever is in it', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 60 })
    const record = fc.record({
      body: anything,
      attributes: fc.dictionary(
        fc.oneof(anything, fc.constantFrom('hostname', 'appname', 'proc_id', 'msg_id', 'priority', 'structured_data')),
        fc.oneof(anything, fc.integer(), fc.constant(null), fc.dictionary(anything, fc.dictionary(anything, anything))),
      ),
    })
    const protocol = fc.constantFrom('rfc5424', 'rfc3164')
    const parsersOf = { rfc5424: parserOf('rfc5424'), rfc3164: parserOf('rfc3164') }
    fc.assert(
      fc.property(record, protocol, ({ body, attributes }, as) => {
        // Through JSON, so that what is written is what any record can hold.
        const [one] = batchOf([{ body, attributes: JSON.parse(JSON.stringify(attributes)) }])
        if (one === undefined) throw new Error('no record')
        const message = formatOf({ protocol: as, sd_id: 'weir@32473' }).format(one)
        const { records, failures } = parsersOf[as as 'rfc5424'].feed(`${message}\n`)
        expect({ message, failures, count: records.length }).toEqual({ message, failures: 0, count: 1 })
      }),
      { numRuns: 500 },
    )
  })
})

describe('a message that was read', () => {
  it.each([
    '<165>1 2003-10-11T22:14:15.003456Z web-1 app 8710 ID47 [a@1 x="q\\"\\]\\\\" y=""][b] An event',
    '<34>1 2003-10-11T22:14:15Z host su - ID47 - failed',
    '<0>1 - - - - - [x@1 a="größe €"]',
  ])('is written as it was: %s', (line) => {
    const definition = [parsers].flat().find(isSyslog)
    if (definition === undefined) throw new Error('there is no parser syslog')
    const parser = createComponent(definition, {})
    const format = formatOf({ hostname: '-' })
    const texts = [parseSimply(parser, line), ...parseColumnar(parser, line)].flatMap((batch) =>
      Array.from(batch, (record) => format.format(record).replace('.000Z', 'Z')),
    )
    expect(texts).toEqual([line, line])
  })
})
