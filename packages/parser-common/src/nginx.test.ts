import { parserContract, parserHarness } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nginx } from './nginx.ts'
import { columnarHarness } from './testing/columnar-harness.ts'
import { expectNoHarm } from './testing/hostile-text.ts'

const combined =
  '203.0.113.9 - alice [24/Nov/2026:13:55:36 +0100] "GET /api/users/7?full=1 HTTP/1.1" 503 2326 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"'
const common = '2001:db8::1 - - [24/Nov/2026:13:55:36 +0000] "POST /login HTTP/2.0" 404 -'
const main = `${combined} "10.0.0.1, 10.0.0.2"`
const error =
  '2026/11/24 13:55:36 [error] 31#32: *7 open() "/srv/missing.html" failed (2: No such file or directory), client: 203.0.113.9, server: shop.example, request: "GET /missing.html HTTP/1.1", host: "shop.example", referrer: "https://a.example/"'
const lines = [
  combined,
  common,
  main,
  error,
  '127.0.0.1 - - [24/Nov/2026:13:55:36 +0000] "-" 400 0 "-" "-"',
  '127.0.0.1 - - [24/Nov/2026:13:55:36 +0000] "" 400 0 "-" ""',
  '192.0.2.1 - - [24/Nov/2026:13:55:37 +0000] "\\x16\\x03\\x01\\x02" 400 157 "-" "-"',
  '192.0.2.1 - bob smith [24/Nov/2026:13:55:37 +0000] "GET / HTTP/1.0" 200 9 "-" "curl/8.11"',
  '192.0.2.1 - - [24/Nov/2026:13:55:37 +0000] "GET http://other.example/x?y HTTP/1.1" 200 99999999999 "-" "x" 0.003 "up"',
  '192.0.2.1 - - [24/Nov/2026:13:55:37 +0000] "GET /a b/c?q r HTTP/1.1" 200 1 "-" "x"',
  '192.0.2.1 - - [24/Nov/2026:13:55:37 +0000] "GET /old" 200 1 "-" "x"',
  '192.0.2.1 - - [2026-11-24T13:55:37+00:00] "GET /?a?b HTTP/3.0" 301 1 "say \\"hi\\"" "back\\\\"',
]

for (const { name, run } of parserContract(nginx, { lines })) it(`nginx ${name}`, run)

describe('nginx', () => {
  const { feed } = columnarHarness(nginx)

  it('reads a combined line into the attributes of OTel, with the severity of its status', () => {
    expect(feed(combined).records).toEqual([
      {
        time: Date.UTC(2026, 10, 24, 12, 55, 36),
        severityNumber: 17,
        severityText: 'ERROR',
        body: combined,
        attributes: {
          'client.address': '203.0.113.9',
          'user.name': 'alice',
          'http.request.method': 'GET',
          'url.path': '/api/users/7',
          'url.query': 'full=1',
          'network.protocol.version': '1.1',
          'http.response.status_code': 503,
          'http.response.body.size': 2326,
          'http.request.header.referer': 'https://shop.example/',
          'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64)',
        },
      },
    ])
  })

  it('reads a common line; what is `-` is not there', () => {
    expect(feed(common).records[0]).toMatchObject({
      severityNumber: 13,
      attributes: {
        'client.address': '2001:db8::1',
        'http.request.method': 'POST',
        'url.path': '/login',
        'network.protocol.version': '2',
        'http.response.status_code': 404,
      },
    })
    expect(Object.keys(feed(common).records[0]?.attributes ?? {})).toHaveLength(5)
  })

  it('reads the forwarded addresses of `main`', () => {
    expect(feed(main).records[0]?.attributes['http.request.header.x-forwarded-for']).toBe('10.0.0.1, 10.0.0.2')
  })

  it('reads an error line: the body is the message, what follows are attributes', () => {
    expect(feed(error).records).toEqual([
      {
        time: Date.UTC(2026, 10, 24, 13, 55, 36),
        severityNumber: 17,
        severityText: 'error',
        body: 'open() "/srv/missing.html" failed (2: No such file or directory)',
        attributes: {
          'process.pid': 31,
          'thread.id': 32,
          'nginx.connection': 7,
          'client.address': '203.0.113.9',
          'server.address': 'shop.example',
          'http.request.method': 'GET',
          'url.path': '/missing.html',
          'network.protocol.version': '1.1',
          'http.request.header.host': 'shop.example',
          'http.request.header.referer': 'https://a.example/',
        },
      },
    ])
  })

  it.each([
    [
      '[warn] 1#12345678901: *9876543210 buffered, really, client: 10.0.0.1, server: , request: "POST /a?b HTTP/2.0", subrequest: "/auth", upstream: "http://10.0.0.1:80/say?\\"hi\\"", host: "a:80", other: x',
      'buffered, really',
      {
        ...{ 'process.pid': 1, 'thread.id': 12_345_678_901, 'nginx.connection': 9_876_543_210 },
        ...{ 'client.address': '10.0.0.1', 'server.address': '', 'http.request.method': 'POST' },
        ...{ 'url.path': '/a', 'url.query': 'b', 'network.protocol.version': '2', 'nginx.subrequest': '/auth' },
        ...{ 'nginx.upstream': 'http://10.0.0.1:80/say?\\"hi\\"', 'http.request.header.host': 'a:80' },
      },
    ],
    ['[notice] 7#8: *start of workers', '*start of workers', { 'process.pid': 7, 'thread.id': 8 }],
    [
      '[error] 7#8: x, client: unix:, request: "\\x16\\x03',
      'x',
      { 'process.pid': 7, 'thread.id': 8, 'client.address': 'unix:', 'url.original': '\\x16\\x03' },
    ],
  ])('reads the error line %s', (rest, body, attributes) => {
    for (const format of ['auto', 'error']) {
      const { records } = columnarHarness(nginx, { format }).feed(`2026/11/24 13:55:36 ${rest}\n`)
      expect(records).toMatchObject([{ body, attributes }])
      expect(Object.keys(records[0]?.attributes ?? {}).sort()).toEqual(Object.keys(attributes).sort())
    }
  })

  it.each(['[error] 7#8 x', '[Error] 7#8: x', '[error] 7: x', '[] 7#8: x', '[error] #8: x', '[error]7#8: x'])(
    'refuses the error line %s',
    (rest) => {
      expect(feed(`2026/11/24 13:55:36 ${rest}\n2026/02/30 13:55:36 [error] 7#8: x`).failures).toBe(2)
    },
  )

  it('takes any request, and makes of it what can be made', () => {
    const attributes = (request: string) =>
      feed(`192.0.2.1 - - [24/Nov/2026:13:55:37 +0000] "${request}" 400 1 "-" "-"`).records[0]?.attributes
    const rest = { 'client.address': '192.0.2.1', 'http.response.status_code': 400, 'http.response.body.size': 1 }
    expect(attributes('-')).toEqual(rest)
    expect(attributes('')).toEqual(rest)
    expect(attributes('\\x16\\x03')).toEqual({ ...rest, 'url.original': '\\x16\\x03' })
    expect(attributes('GET /a b?c d HTTP/1.1')).toEqual({
      ...rest,
      'http.request.method': 'GET',
      'url.path': '/a b',
      'url.query': 'c d',
      'network.protocol.version': '1.1',
    })
    expect(attributes('CONNECT db.example:443 HTTP/1.1')).toEqual({
      ...rest,
      'http.request.method': 'CONNECT',
      'url.original': 'db.example:443',
      'network.protocol.version': '1.1',
    })
  })

  it.each([
    ['no time', '192.0.2.1 - - [] "GET / HTTP/1.1" 200 1 "-" "-"'],
    ['bytes of nothing for a time', `192.0.2.1 - - [${'\0'.repeat(28)}"GET / HTTP/1.1" 200 1 "-" "-"`],
    ['a day that is none', '192.0.2.1 - - [31/Feb/2026:13:55:37 +0000] "GET / HTTP/1.1" 200 1 "-" "-"'],
    ['no status', '192.0.2.1 - - [24/Nov/2026:13:55:37 +0000] "GET / HTTP/1.1" 2x0 1 "-" "-"'],
    ['an open quote', '192.0.2.1 - - [24/Nov/2026:13:55:37 +0000] "GET / HTTP/1.1" 200 1 "-" "Mozilla'],
    ['an open request', '192.0.2.1 - - [24/Nov/2026:13:55:37 +0000] "GET / HTTP/1.1 200 1'],
    ['other text', 'worker process started'],
  ])('refuses a line with %s, and reads the next', (_, bad) => {
    const { records, failures } = feed(`${bad}\n${combined}\n`)
    expect(failures).toBe(1)
    expect(records[0]).toEqual({ body: bad, attributes: {} })
    expect(records[1]?.attributes['http.response.status_code']).toBe(503)
  })

  it('reads only what `format` allows', () => {
    const accepted = (format: string) =>
      [combined, common, error].map((line) => columnarHarness(nginx, { format }).feed(line).failures === 0)
    expect(accepted('auto')).toEqual([true, true, true])
    expect(accepted('combined')).toEqual([true, false, false])
    expect(accepted('common')).toEqual([true, true, false])
    expect(
      parserHarness(nginx, { config: { format: 'error' } }).feed([combined, common, error].join('\n')).failures,
    ).toBe(2)
  })

  it('knows its own lines', () => {
    const { parser } = parserHarness(nginx)
    expect(parser.sniff?.([combined, combined])).toBeGreaterThan(0.9)
    expect(parser.sniff?.([error, error])).toBe(1)
    expect(parser.sniff?.(['{"a":1}', 'x'])).toBe(0)
  })

  it('does no harm, whatever it is given', () => expectNoHarm(nginx, lines))

  it('reads back the fields that a line was made of', () => {
    const word = fc.stringMatching(/^[!-~]{1,20}$/).filter((text) => text !== '-' && !/["\\[\]]/.test(text))
    const quoted = fc.stringMatching(/^[^\p{Cc}"\\]{1,60}$/u).filter((text) => text !== '-')
    const path = fc.stringMatching(/^\/[!#->@-~äü]{0,60}$/)
    const fields = fc.record({
      address: word,
      user: word,
      method: fc.constantFrom('GET', 'POST', 'PURGE'),
      path,
      query: fc.option(fc.stringMatching(/^[!#-~]{0,40}$/)),
      status: fc.integer({ min: 100, max: 999 }),
      size: fc.integer({ min: 0, max: 10 ** 13 }),
      referer: quoted,
      agent: quoted,
      time: fc.integer({ min: 0, max: 4e9 }).map((seconds) => seconds * 1000),
      ending: fc.constantFrom('\n', '\r\n', ' 0.001 -\n'),
    })
    const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
    const clf = (ms: number) => {
      const [date = '', clock = ''] = new Date(ms).toISOString().split('T')
      const [year, month, day] = date.split('-')
      return `${day}/${months[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000`
    }
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1, maxLength: 4 }), (rows) => {
        const text = rows
          .map((row) => {
            const target = row.query === null ? row.path : `${row.path}?${row.query}`
            return `${row.address} - ${row.user} [${clf(row.time)}] "${row.method} ${target} HTTP/1.1" ${row.status} ${row.size} "${row.referer}" "${row.agent}"${row.ending}`
          })
          .join('')
        const { records, failures } = feed(text)
        expect(failures).toBe(0)
        expect(records.map(({ time, attributes }) => ({ time, attributes }))).toEqual(
          rows.map((row) => ({
            time: row.time,
            attributes: {
              'client.address': row.address,
              'user.name': row.user,
              'http.request.method': row.method,
              'url.path': row.path,
              ...(row.query === null ? {} : { 'url.query': row.query }),
              'network.protocol.version': '1.1',
              'http.response.status_code': row.status,
              'http.response.body.size': row.size,
              'http.request.header.referer': row.referer,
              'user_agent.original': row.agent,
            },
          })),
        )
      }),
    )
  })
})
