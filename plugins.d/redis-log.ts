import { defineParser, Severity, TimestampReader } from '@weir/sdk'

/** `1234:M 24 Nov 2026 13:55:36.123 * Ready to accept connections` */
const shape = /^(\d+):([XCSM]) (\d{2}) (\w{3}) (\d{4}) (\d\d:\d\d:\d\d\.\d{3}) ([.\-*#]) (.*)$/s
const levels: { readonly [mark: string]: number } = {
  '.': Severity.DEBUG,
  '-': Severity.INFO,
  '*': Severity.INFO2,
  '#': Severity.WARN,
}
const roles: { readonly [mark: string]: string } = { X: 'sentinel', C: 'child', S: 'replica', M: 'primary' }

export default defineParser({
  type: 'redis_log',
  description: 'The log of a Redis server',
  create() {
    const time = new TimestampReader()
    return {
      parse(line, record) {
        const [, pid = '', role = '', day, month, year, clock, mark = '', message] = shape.exec(line) ?? []
        if (message === undefined) return false
        record.time = time.parse(`${day}/${month}/${year}:${clock}`)
        record.severityNumber = levels[mark] ?? Severity.UNSPECIFIED
        record.body = message
        record.attributes.set('process.pid', Number(pid)).set('redis.role', roles[role] ?? role)
        return true
      },
      sniff: (lines) => (lines.length > 0 && lines.every((line) => shape.test(line)) ? 1 : 0),
    }
  },
})
