import { parserContract, parserHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { apache } from './apache.ts'
import { columnarHarness } from './testing/columnar-harness.ts'
import { expectNoHarm } from './testing/hostile-text.ts'

const combined =
  '192.0.2.1 - frank [24/Nov/2026:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "http://a.example/" "Mozilla/4.08 [en] \\"x\\" (Win98)"'
const common = '192.0.2.1 - - [24/Nov/2026:13:55:36 +0000] "HEAD / HTTP/1.1" 304 -'
const error24 =
  '[Tue Nov 24 13:55:36.123456 2026] [core:error] [pid 35708:tid 4328636416] [client 192.0.2.7:1234] AH00124: too many redirects'
const error22 = '[Tue Nov 24 13:55:36 2026] [warn] [client 2001:db8::1] no such file: /srv/x'
const notice = '[Tue Nov 24 13:55:36.123456 2026] [mpm_event:notice] [pid 1:tid 2] AH00489: Apache/2.4 configured'
const trace = '[Tue Nov 24 13:55:36.000001 2026] [ssl:trace3] [pid 1] handshake'
const lines = [combined, common, error24, error22, notice, trace]

for (const { name, run } of parserContract(apache, { lines })) it(`apache ${name}`, run)

describe('apache', () => {
  const { feed } = columnarHarness(apache)

  it('reads access lines, in which quotes are escaped by backslashes', () => {
    expect(feed(combined).records[0]?.attributes['user_agent.original']).toBe('Mozilla/4.08 [en] \\"x\\" (Win98)')
    expect(feed(common).records[0]?.attributes).toMatchObject({
      'http.request.method': 'HEAD',
      'http.response.status_code': 304,
    })
  })

  it('reads the error log of 2.4', () => {
    expect(feed(error24).records).toEqual([
      {
        time: Date.UTC(2026, 10, 24, 13, 55, 36, 123),
        timeRemainder: 456_000,
        severityNumber: 17,
        severityText: 'error',
        body: 'too many redirects',
        attributes: {
          'apache.module': 'core',
          'apache.code': 'AH00124',
          'process.pid': 35708,
          'thread.id': 4328636416,
          'client.address': '192.0.2.7',
          'client.port': 1234,
        },
      },
    ])
  })

  it('reads the error log of versions before', () => {
    expect(feed(error22).records[0]).toMatchObject({
      severityNumber: 13,
      body: 'no such file: /srv/x',
      attributes: { 'client.address': '2001:db8::1' },
    })
  })

  it.each([
    ['[:notice] [pid 12] AH1: x', 'x', { 'process.pid': 12, 'apache.code': 'AH1' }],
    ['[core:info] [pid 7:tid x] x', '[pid 7:tid x] x', { 'apache.module': 'core' }],
    ['[core:info] [client 10.0.0.1] AH: x', 'AH: x', { 'apache.module': 'core', 'client.address': '10.0.0.1' }],
    ['[core:info] [client ] x', '[client ] x', { 'apache.module': 'core' }],
  ])('reads what is there of %s', (rest, body, attributes) => {
    const [record] = feed(`[Tue Nov 24 13:55:36 2026] ${rest}`).records
    expect([record?.body, { ...record?.attributes }]).toEqual([body, attributes])
  })

  it.each([
    '[Tue Nov 31 13:55:36 2026] [warn] x',
    '[Tue Nov 24 13:55:36 2026] [Warn] x',
    '[Tue Nov 24 13:55:36 2026] x',
  ])('refuses %s', (line) => expect(feed(line).failures).toBe(1))

  it('maps its trace levels', () =>
    expect(feed(trace).records[0]).toMatchObject({ severityNumber: 1, severityText: 'trace3' }))

  it('reads only what `format` allows', () => {
    const { records, failures } = parserHarness(apache, { config: { format: 'error' } }).feed(lines.join('\n'))
    expect(failures).toBe(2)
    expect(records).toHaveLength(6)
    expect(columnarHarness(apache, { format: 'common' }).feed(error24).failures).toBe(1)
  })

  it('knows its own lines', () => {
    const { parser } = parserHarness(apache)
    expect(parser.sniff?.([error24, error22])).toBe(1)
    expect(parser.sniff?.([combined])).toBe(0.9)
    expect(parser.sniff?.(['x'])).toBe(0)
  })

  it('does no harm, whatever it is given', () => expectNoHarm(apache, lines))
})
