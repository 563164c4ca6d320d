import { Buffer } from 'node:buffer'
import { type LogBatch, resolveConfig } from '@weir/sdk'
import { batchOf, type Input, TestClock } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { config, type SyslogConfig } from './config.ts'
import { MessageFormat } from './message-format.ts'

const time = Date.UTC(2003, 9, 1, 22, 14, 15, 3)

function formatted(input: Input | LogBatch, given: object = {}): string {
  let truncated = 0
  const format = new MessageFormat({
    // What resolveConfig makes of the schema is of the schema's type.
    config: resolveConfig(config, { endpoint: 'x', hostname: 'host', ...given }) as SyslogConfig,
    machine: 'machine',
    clock: new TestClock(time),
    onTruncated: () => truncated++,
  })
  const [record] = typeof input === 'object' && 'rowCount' in input ? input : batchOf([input])
  if (record === undefined) throw new Error('no record')
  const text = format.format(record)
  return truncated === 0 ? text : `${text}…`
}

const su = {
  time,
  body: "'su root' failed for lonvick on /dev/pts/8",
  attributes: { appname: 'su', hostname: 'mymachine.example.com', priority: 34 },
}
const rfc3164 = { protocol: 'rfc3164' }

describe('a record as RFC 5424', () => {
  it('has the attributes of the Collector in their places', () => {
    expect(formatted(su)).toBe(
      "<34>1 2003-10-01T22:14:15.003Z mymachine.example.com su - - - 'su root' failed for lonvick on /dev/pts/8",
    )
    const attributes = {
      appname: 'SecureAuth0',
      hostname: '192.168.2.132',
      msg_id: 'ID52020',
      priority: 86,
      proc_id: '23108',
      structured_data: { 'SecureAuth@27389': { UserHostAddress: '192.168.2.132', Realm: 'SecureAuth0' }, origin: {} },
      version: 1,
    }
    expect(formatted({ time, body: 'Found', attributes })).toBe(
      '<86>1 2003-10-01T22:14:15.003Z 192.168.2.132 SecureAuth0 23108 ID52020 [SecureAuth@27389 UserHostAddress="192.168.2.132" Realm="SecureAuth0"][origin] Found',
    )
  })

  it('has of OpenTelemetry what it says of host, service, process and event', () => {
    const batch = batchOf([{ time, body: 'up' }])
    batch.resource = { 'host.name': 'web-1', 'service.name': 'shop', 'process.pid': 42 }
    for (const record of batch) record.eventName = 'weir.alert'
    expect(formatted(batch)).toBe('<165>1 2003-10-01T22:14:15.003Z web-1 shop 42 weir.alert - up')
  })

  it('says nothing of what is not known', () => {
    expect(formatted('')).toBe('<165>1 - host - - - -')
    expect(formatted('', { hostname: '-', appname: 'weir', facility: 'user' })).toBe('<13>1 - - weir - - -')
  })

  it('has microseconds where the source has them', () => {
    const batch = batchOf([su])
    for (const record of batch) record.timeRemainder = 4999
    expect(formatted(batch)).toContain(' 2003-10-01T22:14:15.003004Z ')
  })

  it.each([Number.NaN, Number.NEGATIVE_INFINITY, 8.64e15, -8.64e15])('has no time that nobody can read: %d', (odd) => {
    expect(formatted({ ...su, time: odd })).toMatch(/^<34>1 - mymachine/)
  })

  it.each([
    [1, 7],
    [5, 7],
    [9, 6],
    [10, 5],
    [13, 4],
    [17, 3],
    [18, 2],
    [19, 1],
    [21, 0],
    [24, 0],
    [0, 5],
  ])('has for severity %d of OpenTelemetry severity %d of syslog', (severityNumber, severity) => {
    expect(formatted({ severityNumber }, { facility: 'kern' })).toMatch(new RegExp(`^<${severity}>1 `))
  })

  it.each([-1, 192, 1.5, 'x', '', null, 999])('takes no priority that cannot be: %j', (priority) => {
    expect(formatted({ severityNumber: 9, attributes: { priority, facility: 4 } })).toMatch(/^<38>1 /)
    expect(formatted({ severityNumber: 9, attributes: { priority, facility: 24 } })).toMatch(/^<166>1 /)
  })

  it('writes a body that is no text as JSON, and another field where it is told to', () => {
    expect(formatted({ body: { a: [1, 'é'] } })).toBe('<165>1 - host - - - - {"a":[1,"é"]}')
    const input = { body: '<34>1 the whole line', attributes: { message: 'said' } }
    expect(formatted(input, { message: 'attributes.message' })).toBe('<165>1 - host - - - - said')
  })

  it('has the other attributes as structured data where it is given an id', () => {
    const attributes = { priority: 13, 'http.route': '/a"b]c\\', n: 7, 'a name=that]is"none': true, long: { x: [1] } }
    expect(formatted({ body: 'x', attributes }, { sd_id: 'weir@32473' })).toBe(
      '<13>1 - host - - - [weir@32473 http.route="/a\\"b\\]c\\\\" n="7" a_name_that_is_none="true" long="{\\"x\\":[1\\]}"] x',
    )
  })

  it('has no two elements of one id', () => {
    const attributes = { structured_data: { 'weir@32473': { a: '1' } }, b: '2' }
    expect(formatted({ attributes }, { sd_id: 'weir@32473' })).toContain('[weir@32473 a="1" b="2"]')
  })
})

describe('a record as RFC 3164', () => {
  it('has time, host, tag and process', () => {
    expect(formatted(su, rfc3164)).toBe(
      "<34>Oct  1 22:14:15 mymachine.example.com su: 'su root' failed for lonvick on /dev/pts/8",
    )
    const attributes = { ...su.attributes, proc_id: 231 }
    expect(formatted({ ...su, attributes }, rfc3164)).toContain(' su[231]: ')
  })

  it('has a tag and a time where the record has none', () => {
    expect(formatted('hello world', rfc3164)).toBe('<165>Oct  1 22:14:15 host -: hello world')
  })

  it('shows the time of the zone that it is told', () => {
    expect(formatted(su, { ...rfc3164, location: 'Europe/Berlin' })).toContain('>Oct  2 00:14:15 ')
    expect(() => formatted(su, { ...rfc3164, location: 'Europe/Atlantis' })).toThrow(/time zone/)
  })
})

describe('a record that would be something else', () => {
  const evil = 'a\n<0>1 - evil - - - - injected\r\n\0b'

  it.each([{}, rfc3164])('stays one line: %j', (given) => {
    const attributes = {
      hostname: evil,
      appname: evil,
      proc_id: evil,
      msg_id: evil,
      priority: evil,
      x: evil,
      [evil]: evil,
    }
    const structured_data = { [evil]: { [evil]: evil } }
    const input = { body: evil, attributes: { ...attributes, structured_data } }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is about these
    expect(formatted(input, { ...given, sd_id: 'weir@32473' })).toMatch(/^<\d+>[^\0-\x1f\x7f]+$/)
  })

  it('has its line feeds as it is told', () => {
    expect(formatted('a\nb\tc')).toMatch(/ a#012b\tc$/)
    expect(formatted('a\r\nb', { embedded_newlines: 'space' })).toMatch(/ a b$/)
    expect(formatted('a\nb\0', { embedded_newlines: 'keep', network: 'udp' })).toMatch(/ a\nb#000$/)
  })

  it('cannot shift the fields of the header', () => {
    const attributes = { hostname: 'a b', appname: 'su[1]: x', proc_id: '1]: y' }
    expect(formatted({ body: 'm', attributes, time }, rfc3164)).toBe('<165>Oct  1 22:14:15 a_b su_1___x[1_:_y]: m')
  })
})

describe('a record that is too long', () => {
  it('is cut between characters, and said to be', () => {
    const text = formatted({ ...su, body: '€'.repeat(1000) }, { max_message_size: 1000 })
    expect(text).toMatch(/€…$/)
    expect(Buffer.byteLength(text)).toBeGreaterThan(1000)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1003)
    expect(formatted({ ...su, body: 'x'.repeat(900) }, { max_message_size: 1000 })).toMatch(/x$/)
  })

  it('loses the structured data as a whole, not its end', () => {
    const structured_data = { a: { b: 'x'.repeat(2000) } }
    const text = formatted({ body: 'message', attributes: { structured_data } }, { max_message_size: 1000 })
    expect(text).toBe('<165>1 - host - - - - message…')
  })

  it('has fields of the header no longer than RFC 5424 allows', () => {
    const x = 'x'.repeat(1000)
    const attributes = { hostname: x, appname: x, proc_id: x, msg_id: x, priority: 191 }
    const [, , host, app, process, id] = formatted({ time, attributes }).split(' ')
    expect([host, app, process, id].map((field) => field?.length)).toEqual([255, 48, 128, 32])
    expect(formatted({ time, body: x, attributes }, { max_message_size: 512 })).toHaveLength(513)
  })
})
