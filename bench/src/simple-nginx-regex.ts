import { defineParser, severityOfStatus } from '@weir/sdk'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const combined = /^(\S+) (\S+) (\S+) \[([^\]]+)\] "(\S+) ([^" ]*) ([^"]*)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"$/

let lastText = ''
let lastTime = Number.NaN

/** `24/Nov/2026:13:55:36 +0000`; most lines have the time of the line before. */
function timeOf(text: string): number {
  if (text === lastText) return lastTime
  lastText = text
  const [day, month, year, hour, minute, second] = text.split(/[/: ]/)
  lastTime = Date.UTC(
    Number(year),
    months.indexOf(month ?? ''),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  return lastTime
}

/** What a plugin author writes first: one regular expression, one record a line. */
export default defineParser({
  type: 'simple_nginx_regex',
  description: 'nginx combined by a regular expression, for the benchmark of the simple level',
  parallel: true,
  create: () => ({
    parse(line, record) {
      const match = combined.exec(line)
      if (match === null) return false
      const status = Number(match[8])
      record.time = timeOf(match[4] ?? '')
      record.severityNumber = severityOfStatus(status)
      record.attributes
        .set('client.address', match[1] ?? '')
        .set('user.name', match[3] ?? '')
        .set('http.request.method', match[5] ?? '')
        .set('url.path', match[6] ?? '')
        .set('network.protocol.version', match[7] ?? '')
        .set('http.response.status_code', status)
        .set('http.response.body.size', Number(match[9]))
        .set('http.request.header.referer', match[10] ?? '')
        .set('user_agent.original', match[11] ?? '')
      return true
    },
  }),
})
