import { parserContract, parserHarness, TestClock } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { syslog } from './syslog.ts'
import { columnarHarness } from './testing/columnar-harness.ts'
import { expectNoHarm } from './testing/hostile-text.ts'

const rfc5424 =
  '<165>1 2026-10-11T22:14:15.003456Z web-1.example evntslog 8710 ID47 [exampleSDID@32473 iut="3" eventSource="App\\"\\]"][b@1 x="y"] \u{feff}An event'
const rfc3164 = '<34>Oct 11 22:14:15 mymachine su[231]: failed for lonvick on /dev/pts/8'
const lines = [
  rfc5424,
  rfc3164,
  '<0>1 - - - - - -',
  '<14>1 2026-10-11T22:14:15+02:00 h app - - - no structure',
  '\u{feff}<13>Oct  1 22:14:15 host app: with a mark',
  '<13> Oct 11 22:14:15 host app: a space after the priority',
  '<13>2026-10-11T22:14:15.123+02:00 host app[7]: ISO time',
  'Oct 11 22:14:15 host kernel: [  12.3] eth0: link up',
  '2026-10-11T22:14:15.123456+00:00 host systemd[1]: Started it.',
  '<30>Oct 11 22:14:15 dockerd[12]: no host',
  '<13>Oct 11 22:14:15 host last message repeated 3 times',
  '<189>29: *Mar  1 18:48:50.483 UTC: %SYS-5-CONFIG_I: Configured from console',
  '<166>Nov 24 2026 13:55:36: %ASA-6-302013: Built outbound',
  '<13>only a message',
  '<11>1 2026-10-11T22:14:15Z h a p m [x y="open ]',
]

for (const { name, run } of parserContract(syslog, { lines })) it(`syslog ${name}`, run)

describe('syslog', () => {
  const clock = new TestClock(Date.UTC(2026, 10, 25))
  const { feed } = columnarHarness(syslog, {}, { clock })
  const one = (line: string) => feed(line).records[0]

  it('reads RFC 5424 into the attributes of the Collector', () => {
    expect(one(rfc5424)).toEqual({
      time: Date.UTC(2026, 9, 11, 22, 14, 15, 3),
      timeRemainder: 456_000,
      severityNumber: 10,
      severityText: 'notice',
      body: 'An event',
      attributes: {
        hostname: 'web-1.example',
        appname: 'evntslog',
        proc_id: '8710',
        msg_id: 'ID47',
        priority: 165,
        facility: 20,
        facility_text: 'local4',
        version: 1,
        structured_data: { 'exampleSDID@32473': { iut: '3', eventSource: 'App"]' }, 'b@1': { x: 'y' } },
      },
    })
  })

  it('takes `-` for nothing; without a message the body is the line', () => {
    expect(one('<0>1 - - - - - -')).toEqual({
      severityNumber: 21,
      severityText: 'emerg',
      body: '<0>1 - - - - - -',
      attributes: { priority: 0, facility: 0, facility_text: 'kern', version: 1 },
    })
  })

  it('reads RFC 3164', () => {
    expect(one(rfc3164)).toEqual({
      time: Date.UTC(2026, 9, 11, 22, 14, 15),
      severityNumber: 18,
      severityText: 'crit',
      body: 'failed for lonvick on /dev/pts/8',
      attributes: {
        hostname: 'mymachine',
        appname: 'su',
        proc_id: '231',
        priority: 34,
        facility: 4,
        facility_text: 'auth',
      },
    })
  })

  it.each([
    ['a byte order mark', '\u{feff}<13>Oct 11 22:14:15 h app: m', { hostname: 'h', appname: 'app' }],
    ['a space after the priority', '<13> Oct 11 22:14:15 h app: m', { hostname: 'h', appname: 'app' }],
    ['an ISO time', '<13>2026-10-11T22:14:15.000Z h app[7]: m', { hostname: 'h', appname: 'app', proc_id: '7' }],
    ['no host', '<13>Oct 11 22:14:15 app[7]: m', { appname: 'app', proc_id: '7' }],
    ['no tag', '<13>Oct 11 22:14:15 h m', { hostname: 'h' }],
    ['an IPv6 host', '<13>Oct 11 22:14:15 fe80::1 app: m', { hostname: 'fe80::1', appname: 'app' }],
    [
      'a path as tag',
      '<13>Oct 11 22:14:15 h postfix/smtpd[7]: m',
      { hostname: 'h', appname: 'postfix/smtpd', proc_id: '7' },
    ],
    ['a byte order mark after the priority', '<13>\u{feff}Oct 11 22:14:15 h app: m', { hostname: 'h', appname: 'app' }],
    ['spaces after the time', '<13>Oct 11 22:14:15   h app: m', { hostname: 'h', appname: 'app' }],
    ['an ISO time without a zone', '<13>2026-10-11T22:14:15 h app: m', { hostname: 'h', appname: 'app' }],
    ['`@` in the host', '<13>Oct 11 22:14:15 user@h app: m', { hostname: 'user@h', appname: 'app' }],
    ['`/` in the host', '<13>Oct 11 22:14:15 h/1.2 app: m', { hostname: 'h/1.2', appname: 'app' }],
    ['no number of the process', '<13>Oct 11 22:14:15 h app[]: m', { hostname: 'h', appname: 'app' }],
    ['a year', '<13>Oct 11 2026 22:14:15: %ASA-6-302013: m', { appname: '%ASA-6-302013' }],
    ['a host of ASA', '<13>Oct 11 2026 22:14:15 fw1 : %ASA-6-302013: m', { hostname: 'fw1', appname: '%ASA-6-302013' }],
    ['the year first', '<13>: 2026 Oct 11 22:14:15 UTC: %ETHPORT-5-IF_UP: m', { appname: '%ETHPORT-5-IF_UP' }],
    ['two numbers', '<13>000029: 000030: .Oct 11 22:14:15.000: %SYS-5-X: m', { appname: '%SYS-5-X' }],
    ['a name of the device', '<13>29: r1: *Oct 11 22:14:15: %SYS-5-X: m', { hostname: 'r1', appname: '%SYS-5-X' }],
    ['the short name of a zone', '<13>29: Oct 11 22:14:15 CEST: %SYS-5-X: m', { appname: '%SYS-5-X' }],
    ['a number and a star', '<13>29: *Oct 11 22:14:15.000 UTC: %SYS-5-X: m', { appname: '%SYS-5-X' }],
  ])('reads RFC 3164 with %s', (_, line, attributes) => {
    expect(one(line)).toMatchObject({ time: Date.UTC(2026, 9, 11, 22, 14, 15), body: 'm' })
    expect(one(line)?.attributes).toEqual({ ...attributes, priority: 13, facility: 1, facility_text: 'user' })
  })

  it('reads messages without a priority, which have no severity', () => {
    expect(one('Oct 11 22:14:15 host kernel: [  12.3] eth0: link up')).toEqual({
      time: Date.UTC(2026, 9, 11, 22, 14, 15),
      body: '[  12.3] eth0: link up',
      attributes: { hostname: 'host', appname: 'kernel' },
    })
  })

  it.each([`${'\0'.repeat(19)}Z`, '\0'.repeat(16)])('takes bytes of nothing for no time', (nothing) => {
    const { records } = columnarHarness(syslog, {}, { clock }).feed(
      `<13>1 ${nothing} h a p m - x\n<13>${nothing} h a: x\n`,
    )
    expect(records.map(({ time }) => time)).toEqual([undefined, undefined])
  })

  it('reads the tag of Cisco where there is no time, and takes no tag for a device', () => {
    expect(one('<166>%ASA-6-302013: Built')).toMatchObject({ body: 'Built', attributes: { appname: '%ASA-6-302013' } })
    expect(one('<13>app: 2026-10-11T22:14:15Z done')).toMatchObject({ body: 'app: 2026-10-11T22:14:15Z done' })
    expect(one('<13>app: 2026-10-11T22:14:15Z done')?.time).toBeUndefined()
  })

  it.each([
    '<999>Oct 11 22:14:15 h app: m',
    '<192>1 2026-10-11T22:14:15Z h a p m - x',
    '<1922>1 2026-10-11T22:14:15Z h a p m - x',
    '<4294967297>1 2026-10-11T22:14:15Z h a p m - x',
    '<-1>1 2026-10-11T22:14:15Z h a p m - x',
    '<>Oct 11 22:14:15 h app: m',
    '<1x3>m',
    '<13',
  ])('takes no priority that is out of range or none: %s', (line) => {
    const { records, failures } = feed(line)
    expect(records).toEqual([{ body: line, attributes: {} }])
    expect(failures).toBe(1)
  })

  it('takes a message with a priority alone for a message', () => {
    expect(one('<11>disk full')).toMatchObject({ severityNumber: 17, body: 'disk full' })
  })

  it.each(['user@web', 'web/1.2', '@', '/', 'a:b[c]'])('takes %s for a host of RFC 5424', (hostname) => {
    expect(one(`<13>1 2026-10-11T22:14:15Z ${hostname} app - - - m`)).toMatchObject({
      body: 'm',
      attributes: { hostname, appname: 'app' },
    })
  })

  it('goes on over the turn of a year', () => {
    const january = new TestClock(Date.UTC(2026, 0, 2))
    const text = '<13>Dec 31 23:59:59 h a: m\n<13>Jan  1 00:00:01 h a: m\n'
    const { records } = columnarHarness(syslog, {}, { clock: january }).feed(text)
    expect(records.map(({ time = 0 }) => new Date(time).getUTCFullYear())).toEqual([2025, 2026])
  })

  it.each([
    ['2026-03-30', 'Mar 29 01:59:59', '2026-03-29T00:59:59Z'],
    ['2026-03-30', 'Mar 29 03:00:00', '2026-03-29T01:00:00Z'],
    ['2026-10-26', 'Oct 25 01:59:59', '2026-10-24T23:59:59Z'],
    ['2026-10-26', 'Oct 25 03:00:00', '2026-10-25T02:00:00Z'],
    ['2028-03-01', 'Feb 29 12:00:00', '2028-02-29T11:00:00Z'],
    ['2027-01-01', 'Dec 31 23:59:59', '2026-12-31T22:59:59Z'],
    // 31 December in Berlin, 1 January in Berlin, both 31 December in UTC.
    ['2027-01-01', 'Jan  1 00:30:00', '2026-12-31T23:30:00Z'],
  ])('reads RFC 3164 around changes of the clock and the year: on %s, %s', (today, text, expected) => {
    const then = new TestClock(Date.parse(`${today}T12:00:00Z`))
    const { records } = columnarHarness(syslog, { location: 'Europe/Berlin' }, { clock: then }).feed(
      `<13>${text} h a: m\n`,
    )
    expect(records).toMatchObject([{ time: Date.parse(expected), body: 'm' }])
  })

  it('has a time for what the clock shows twice, or never, when it is changed', () => {
    const autumn = new TestClock(Date.parse('2026-10-26T12:00:00Z'))
    const times = ['Oct 25 02:30:00', 'Mar 29 02:30:00'].map((text) => {
      const { records } = columnarHarness(syslog, { location: 'Europe/Berlin' }, { clock: autumn }).feed(
        `<13>${text} h a: m\n`,
      )
      return new Date(records[0]?.time ?? 0).toISOString().slice(0, 16)
    })
    expect(['2026-10-25T00:30', '2026-10-25T01:30']).toContain(times[0])
    expect(['2026-03-29T00:30', '2026-03-29T01:30']).toContain(times[1])
  })

  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['2106-02-07T06:28:16Z', 2 ** 32 * 1000],
    ['9999-12-31T23:59:59.999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
  ])('reads RFC 5424 of %s', (text, time) => {
    expect(one(`<13>1 ${text} h a p m - x`)).toMatchObject({ time, body: 'x' })
  })

  it('reads times of RFC 3164 in the zone that it is told', () => {
    const { records } = columnarHarness(syslog, { location: 'Europe/Berlin' }, { clock }).feed(rfc3164)
    expect(records[0]?.time).toBe(Date.UTC(2026, 9, 11, 20, 14, 15))
  })

  it('reads only the protocol that it is told', () => {
    const failures = (protocol: string) =>
      [rfc5424, '<14>1 x y', 'no syslog'].map((line) => columnarHarness(syslog, { protocol }).feed(line).failures)
    expect(failures('rfc5424')).toEqual([0, 1, 1])
    expect(failures('rfc3164')).toEqual([0, 0, 1])
    expect(
      columnarHarness(syslog, { protocol: 'rfc3164' }).feed(rfc5424).records[0]?.attributes.version,
    ).toBeUndefined()
  })

  it('knows its own lines', () => {
    const { parser } = parserHarness(syslog)
    expect(parser.sniff?.([rfc5424])).toBe(1)
    expect(parser.sniff?.([rfc3164, rfc3164])).toBeGreaterThan(0.9)
    expect(parser.sniff?.(['2026-10-11T22:14:15Z INFO started'])).toBe(0)
  })

  it('reads back the fields of RFC 5424 that a line was made of', () => {
    const word = fc.stringMatching(/^[!-~]{1,48}$/).filter((text) => text !== '-')
    const name = fc.stringMatching(/^[!#-<>-Z^-~]{1,32}$/)
    const fields = fc.record({
      priority: fc.nat(191),
      time: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
      words: fc.tuple(word, word, word, word),
      data: fc.dictionary(name, fc.dictionary(name, fc.stringMatching(/^\P{Cc}*$/u))),
      message: fc.stringMatching(/^[^\p{Cc}\ufeff]{1,60}$/u),
    })
    const write = (value: string) => value.replace(/["\\\]]/g, '\\$&')
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1, maxLength: 4 }), (rows) => {
        const text = rows
          .map(({ priority, time, words, data, message }) => {
            const elements = Object.entries(data).map(
              ([id, values]) =>
                `[${id}${Object.entries(values)
                  .map(([key, value]) => ` ${key}="${write(value)}"`)
                  .join('')}]`,
            )
            return `<${priority}>1 ${time.toISOString()} ${words.join(' ')} ${elements.join('') || '-'} ${message}\n`
          })
          .join('')
        const { records, failures } = feed(text)
        expect(failures).toBe(0)
        expect(records).toEqual(
          rows.map(({ priority, time, words: [hostname, appname, proc_id, msg_id], data, message }) =>
            expect.objectContaining({
              time: time.getTime(),
              body: message,
              attributes: expect.objectContaining({
                hostname,
                appname,
                proc_id,
                msg_id,
                priority,
                ...(Object.keys(data).length === 0 ? {} : { structured_data: data }),
              }),
            }),
          ),
        )
      }),
    )
  })

  it('does no harm, whatever it is given', () => expectNoHarm(syslog, lines))
})
