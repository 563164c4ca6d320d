import { Buffer } from 'node:buffer'
import { defineParser, type Parser, type Parsers } from '@weir/sdk'
import {
  createComponent,
  parseColumnar,
  parserContract,
  parseSimply,
  plainRecords,
  testServices,
} from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { auto } from './auto.ts'
import definitions from './index.ts'

/** A third party's format: lines that begin with `acme|`. */
const acme = defineParser({
  type: 'acme',
  create: () => ({
    parse(line, record) {
      if (!line.startsWith('acme|')) return false
      record.attributes.set('acme', line.slice(5))
      return true
    },
    sniff: (lines) => lines.filter((line) => line.startsWith('acme|')).length / Math.max(1, lines.length),
  }),
})
const broken = defineParser({
  type: 'broken',
  create(): Parser {
    throw new Error('no')
  },
})
const all = [...definitions, acme, broken]
const find = (type: string) => {
  const definition = all.find((one) => one.type === type)
  if (definition === undefined) throw new Error(`no ${type}`)
  return definition
}
const parsers: Parsers = {
  types: () =>
    all.map((definition) => ({
      type: definition.type,
      create: () => (['dissect', 'grok', 'regex'].includes(definition.type) ? undefined : createComponent(definition)),
    })),
  create: (id) => createComponent(find(id)),
}
const services = { overrides: { parsers } }
const open = (config: unknown = {}, id = 'test') => {
  const parser = createComponent(auto, config, testServices(services))
  return parser.open?.({ id }) ?? parser
}

const nginx = (n: number) => `192.0.2.1 - - [24/Nov/2026:13:55:36 +0000] "GET /${n} HTTP/1.1" 200 1 "-" "x"`
const json = (n: number) => `{"time":"2026-11-24T13:55:36Z","level":"info","n":${n},"msg":"m"}`
const text = (n: number) => `2026-11-24 13:55:36,123 INFO [main] step ${n}`
const many = (line: (n: number) => string, count: number) =>
  Array.from({ length: count }, (_, n) => `${line(n)}\n`).join('')

for (const { name, run } of parserContract(auto, { lines: Array.from({ length: 40 }, (_, n) => json(n)), services }))
  it(`auto ${name}`, run)

describe('auto', () => {
  const samples: [type: string, line: (n: number) => string][] = [
    ['nginx', nginx],
    ['nginx', (n) => `2026/11/24 13:55:36 [error] 31#32: *${n} open() failed, client: 192.0.2.1`],
    ['apache', (n) => `[Tue Nov 24 13:55:36.123456 2026] [core:error] [pid ${n}] AH00124: no`],
    ['json', json],
    ['container', (n) => `{"log":"m ${n}\\n","stream":"stdout","time":"2026-11-24T13:55:36.1Z"}`],
    ['container', (n) => `2026-11-24T13:55:36.123456789Z stdout F m ${n}`],
    ['syslog', (n) => `<13>1 2026-11-24T13:55:36Z h app ${n} - - m`],
    ['syslog', (n) => `<13>Nov 24 13:55:36 h app[${n}]: m`],
    ['syslog', (n) => `Nov 24 13:55:36 h app[${n}]: m`],
    ['logfmt', (n) => `ts=2026-11-24T13:55:36Z level=info msg="m ${n}" n=${n}`],
    ['text', text],
    ['text', (n) => `ERROR:root:step ${n}`],
    ['text', (n) => `E1124 13:55:36.123456   1234 file.go:12] step ${n}`],
    [
      'text',
      (n) => `I1124 13:55:36.123456       1 event.go:377] "Event occurred" object="kube-system/x" kind="Pod" n=${n}`,
    ],
    ['text', (n) => `\x1b[31mERROR\x1b[0m step ${n}`],
    ['text', (n) => `[2026-11-24 13:55:36] production.ERROR: step ${n}`],
    ['text', (n) => `E, [2026-11-24T13:55:36.123456 #1234] ERROR -- prog: step ${n}`],
    ['text', (n) => `13:55:36.123 [main] ERROR c.a.Foo - step ${n}`],
    ['text', (n) => `24 Nov 2026 13:55:36.123 ERROR step ${n}`],
    ['text', (n) => `11/24/2026 01:55:36 PM ERROR step ${n}`],
    ['text', (n) => `20261124T135536Z ERROR step ${n}`],
    ['text', (n) => `2026.11.24 13:55:36.123456 [ 12 ] {a} <Error> Logger: step ${n}`],
    ['text', (n) => `[2026-11-24 13:55:36,123: ERROR/MainProcess] step ${n}`],
    ['text', (n) => `[24-Nov-2026 13:55:36 UTC] PHP Warning:  step ${n}`],
    ['text', (n) => `some words and a number ${n}`],
    ['acme', (n) => `acme|${n}`],
  ]
  it.each(samples)('reads lines of %s as such', (type, line) => {
    const lines = many(line, 40)
    const chosen = createComponent(find(type))
    expect(parseColumnar(open(), lines).flatMap(plainRecords)).toEqual(plainRecords(parseSimply(chosen, lines)))
    expect(plainRecords(parseSimply(open(), lines))).toEqual(plainRecords(parseSimply(chosen, lines)))
  })

  const failures = (parser: Parser, lines: string) =>
    parseColumnar(parser, lines).reduce((sum, batch) => sum + batch.failures.length, 0)

  it('chooses for each source on its own, and keeps to it', () => {
    const component = createComponent(auto, {}, testServices(services))
    const [one, other] = ['a', 'b'].map((id) => component.open?.({ id }) ?? component)
    if (one === undefined || other === undefined) throw new Error()
    expect(failures(one, many(nginx, 40)) + failures(other, many(json, 40))).toBe(0)
    expect(failures(one, many(json, 5))).toBe(5)
    expect(failures(other, many(nginx, 5))).toBe(5)
  })

  it('chooses the same when lines come one by one', () => {
    const parser = open()
    const records = Array.from({ length: 40 }, (_, n) => parseColumnar(parser, `${json(n)}\n`).flatMap(plainRecords)[0])
    expect(records.map((record) => record?.attributes.n)).toEqual(Array.from({ length: 40 }, (_, n) => n))
  })

  it('is not misled by a line or two that come first', () => {
    const lines = `Starting the service …\n(c) ACME\n${many(json, 200)}`
    expect(parseColumnar(open(), lines).flatMap(plainRecords).at(-1)?.attributes).toEqual({ n: 199 })
    const parser = open()
    const records = lines
      .split('\n')
      .flatMap((line) => (line === '' ? [] : parseColumnar(parser, `${line}\n`).flatMap(plainRecords)))
    expect(records.at(-1)?.attributes).toEqual({ n: 199 })
  })

  it('takes another look when a source changes its format for good', () => {
    const parser = open()
    expect(failures(parser, many(nginx, 300))).toBe(0)
    parseColumnar(parser, many(json, 600))
    expect(failures(parser, many(json, 100))).toBe(0)
  })

  it('takes another look at what nothing was sure of', () => {
    const parser = open()
    parseColumnar(
      parser,
      many((n) => `free words ${n}`, 300),
    )
    expect(parseColumnar(parser, many(json, 40)).flatMap(plainRecords).at(-1)?.attributes).toEqual({ n: 39 })
  })

  it('tries only the types that it is told, and only those that are sure enough', () => {
    const chosen = (config: object) => parseColumnar(open(config), many(json, 40)).flatMap(plainRecords)[0]?.attributes
    expect(chosen({})).toEqual({ n: 0 })
    expect(chosen({ types: ['nginx', 'syslog'] })).toEqual({})
    expect(chosen({ threshold: 0.99 })).toEqual({})
  })

  it('joins stack traces, whatever it has chosen', () => {
    const parser = open()
    parseColumnar(parser, many(json, 40))
    expect(parser.continues?.('    at load (/srv/app.js:7:9)')).toBe(true)
    expect(parser.continues?.('no')).toBe(false)
  })

  const cri = (message: string) => `2026-11-24T13:55:36.123456789Z stdout F ${message}`
  const docker = (message: string) =>
    JSON.stringify({ log: `${message}\n`, stream: 'stdout', time: '2026-11-24T13:55:36.1Z' })

  it.each([
    ['containerd', cri],
    ['Docker', docker],
  ])('reads messages in files of %s, each file’s by what they look like', (_, line) => {
    const component = createComponent(auto, {}, testServices(services))
    const [one, other] = ['a', 'b'].map((id) => component.open?.({ id }) ?? component)
    if (one === undefined || other === undefined) throw new Error()
    const records = (parser: Parser, message: (n: number) => string) =>
      parseColumnar(
        parser,
        many((n) => line(message(n)), 40),
      ).flatMap(plainRecords)
    expect(records(one, json)[39]).toMatchObject({
      time: Date.UTC(2026, 10, 24, 13, 55, 36),
      severityText: 'info',
      body: 'm',
      attributes: { n: 39, 'log.iostream': 'stdout' },
    })
    expect(records(other, text)[39]).toMatchObject({
      severityText: 'INFO',
      body: 'step 39',
      attributes: { 'thread.name': 'main', 'log.iostream': 'stdout' },
    })
    expect(records(one, json)[0]).toMatchObject({ attributes: { n: 0 } })
  })

  it('joins the parts of a message in a file of containers', () => {
    const message = json(7)
    const part = cri(message.slice(0, 20)).replace(' F ', ' P ')
    const lines = many((n) => `${cri(json(n))}`, 40)
    const records = parseColumnar(open(), `${lines}${part}\n${cri(message.slice(20))}\n`).flatMap(plainRecords)
    expect(records).toHaveLength(41)
    expect(records[40]).toMatchObject({ body: 'm', attributes: { n: 7 } })
  })

  it('leaves messages in files of containers alone if it is told to try `cri`', () => {
    const records = parseColumnar(
      open({ types: ['cri', 'json'] }),
      many((n) => cri(json(n)), 40),
    ).flatMap(plainRecords)
    expect(records[39]).toMatchObject({ body: json(39) })
  })

  it('says which parser could not take part', () => {
    const given = testServices(services)
    const parser = createComponent(auto, {}, given)
    parseSimply(parser, Buffer.from('x\n'))
    expect(given.logger.lines).toEqual([
      { level: 'warn', message: 'a parser cannot take part in auto', fields: { parser: 'broken', error: 'no' } },
    ])
  })
})
