import { createComponent, parserContract, parserHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { grok } from './grok.ts'
import { grokExpression } from './grok-expression.ts'
import { grokPatterns } from './grok-patterns.ts'
import { regex } from './regex.ts'

const time = Date.UTC(2026, 10, 24, 13, 55, 36, 123)
const line = '2026-11-24T13:55:36.123Z WARN [7] user ann took 250 ms'
const pattern = '^(?<time>\\S+) (?<level>\\w+) \\[(?<id>\\d+)\\] (?<message>user (?<user>\\w+) took (?<ms>\\d+) ms)$'
const expected = {
  time,
  severityNumber: 13,
  severityText: 'WARN',
  body: 'user ann took 250 ms',
  attributes: { id: 7, user: 'ann', ms: 250 },
}

for (const { name, run } of parserContract(regex, { lines: [line], config: { pattern } })) it(`regex ${name}`, run)

describe('regex', () => {
  const parse = (config: object, text: string) => parserHarness(regex, { config }).feed(text)

  it('puts named groups into fields and attributes', () => {
    expect(parse({ pattern }, line).records).toEqual([expected])
  })

  it('refuses what does not match', () => {
    expect(parse({ pattern }, `${line}\nother\n`).failures).toBe(1)
  })

  it('leaves out groups that took no part, and keeps times and levels that it cannot read', () => {
    const { records } = parse({ pattern: '^(?<time>\\w+)(?: (?<a>x))?(?: (?<level>\\w+))?$' }, 'noon\n')
    expect(records).toEqual([{ body: 'noon', attributes: { time: 'noon' } }])
  })

  it('takes the group that ranks first', () => {
    const { records } = parse({ pattern: '^(?<msg>\\w) (?<message>\\w)$' }, 'a b')
    expect(records).toEqual([{ body: 'b', attributes: { msg: 'a' } }])
  })

  it('reads the groups that it is told to, and times in the zone that it is told', () => {
    const config = {
      pattern: '^(?<when>.{19}) (?<what>.*)$',
      time_keys: ['when'],
      body_keys: ['what'],
      location: '+01:00',
    }
    expect(parse(config, '2026-11-24 13:55:36 hello').records).toEqual([
      { time: time - 123 - 3_600_000, body: 'hello', attributes: {} },
    ])
  })

  it('takes `__proto__` for data', () => {
    const { records } = parse({ pattern: '^(?<__proto__>\\w+)$' }, 'x')
    expect(Object.entries(records[0]?.attributes ?? {})).toEqual([['__proto__', 'x']])
  })

  it('says what is wrong with a pattern', () => {
    expect(() => createComponent(regex, { pattern: '(' })).toThrow(
      expect.objectContaining({ code: 'WEIR_PATTERN_INVALID' }),
    )
  })
})

const expression =
  '%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} \\[%{INT:id:int}\\] (?<message>user %{USER:user} took %{NUMBER:ms:float} ms)'
for (const { name, run } of parserContract(grok, { lines: [line], config: { pattern: expression } }))
  it(`grok ${name}`, run)

describe('grok', () => {
  const parse = (config: object, text: string) => parserHarness(grok, { config }).feed(text)

  it('puts fields into fields and attributes', () => {
    expect(parse({ pattern: expression }, line).records).toEqual([expected])
  })

  it('takes any name for a field, and the type that it is told', () => {
    const { records } = parse({ pattern: '%{WORD:a.b} %{WORD:[c][d]} %{INT:e:string} %{NOTSPACE:f:int}' }, 'x y 7 z')
    expect(records[0]?.attributes).toEqual({ 'a.b': 'x', 'c.d': 'y', e: '7', f: 'z' })
  })

  it('reads combined access lines', () => {
    const access = '192.0.2.1 - ann [24/Nov/2026:13:55:36 +0000] "GET /x?y HTTP/1.1" 404 12 "-" "curl/8"'
    expect(parse({ pattern: '^%{COMBINEDAPACHELOG}$' }, access).records[0]).toMatchObject({
      time: time - 123,
      attributes: {
        'client.address': '192.0.2.1',
        'user.name': 'ann',
        'http.request.method': 'GET',
        'url.original': '/x?y',
        'network.protocol.version': '1.1',
        'http.response.status_code': 404,
        'user_agent.original': 'curl/8',
      },
    })
  })

  it('takes patterns of one’s own, which refer to others', () => {
    const config = {
      pattern: '%{ORDER:order}',
      pattern_definitions: { ORDER: 'O-%{DIGITS}', DIGITS: '\\d+', WORD: 'x' },
    }
    expect(parse(config, 'order O-17').records[0]?.attributes).toEqual({ order: 'O-17' })
  })

  it.each([
    ['%{NO_SUCH}', {}, /no pattern %\{NO_SUCH\}/, ['pattern']],
    ['%{INT} %{A}', { A: '%{QS:a} %{B}', B: '%{NO_SUCH}' }, /no pattern/, ['pattern_definitions', 'B']],
    ['%{A}', { A: '%{INT:x:date}' }, /type string/, ['pattern_definitions', 'A']],
    ['(%{INT}', {}, /no regular expression: Unterminated group/, ['pattern']],
    ['%{A}', { A: '%{B}', B: '%{A}' }, /contains itself/, ['pattern_definitions', 'B']],
    ['%{INT:x:date}', {}, /type string/, ['pattern']],
    ['%{constructor}', {}, /no pattern/, ['pattern']],
    [
      '%{A}',
      { A: '%{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}', B: '%{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}', C: 'x'.repeat(2000) },
      /too long/,
      ['pattern_definitions', 'A'],
    ],
  ])('says what is wrong with %s', (source, own, message, configPath) => {
    expect(() => createComponent(grok, { pattern: source, pattern_definitions: own })).toThrow(
      expect.objectContaining({ code: 'WEIR_PATTERN_INVALID', message: expect.stringMatching(message), configPath }),
    )
  })

  const samples: { [name: string]: string[] } = {
    IP: ['192.0.2.1', '2001:db8::1', '::1', 'fe80::1%eth0'],
    MAC: ['00:1b:44:11:3a:b7', '001b.4411.3ab7'],
    UUID: ['0af76519-16cd-43dd-8448-eb211c80319c'],
    EMAILADDRESS: ['ann@shop.example'],
    HOSTPORT: ['shop.example:8080'],
    URI: ['https://ann:x@shop.example:8080/a/b?c=d', 'ftp://h/x'],
    PATH: ['/srv/a.b/c', 'C:\\x\\y'],
    QS: ['"a \\"b\\""', "'x'"],
    TIMESTAMP_ISO8601: ['2026-11-24T13:55:36.123Z', '2026-11-24 13:55:36,123', '2026-11-24T13:55:36+01:00'],
    HTTPDATE: ['24/Nov/2026:13:55:36 +0000'],
    SYSLOGTIMESTAMP: ['Nov  4 13:55:36'],
    DATESTAMP_RFC2822: ['Tue, 24 Nov 2026 13:55:36 +0000'],
    LOGLEVEL: ['INFO', 'warning', 'Error', 'FATAL'],
    NUMBER: ['-1.5', '42', '.5'],
    BASE16NUM: ['0xff'],
    JAVACLASS: ['com.acme.Orders$Line'],
    SYSLOGBASE: ['Nov  4 13:55:36 web-1 sshd[42]:'],
  }
  it.each(Object.entries(samples))('%s matches what it should', (name, texts) => {
    const { source } = grokExpression(`^%{${name}}$`)
    for (const text of texts) expect(text).toMatch(new RegExp(source))
  })

  it.each(Object.keys(grokPatterns))('%s is a pattern without lookaround', (name) => {
    const { source } = grokExpression(`%{${name}}`)
    expect(() => new RegExp(source)).not.toThrow()
    expect(source).not.toMatch(/\(\?[=!]|\(\?<[=!]/)
  })
})
