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
  type: 'simple_nginx',
  description: 'nginx combined by a regular expression, for the benchmark of the simple level',
  create: () => ({
    parse(line, record) {
      const match = combined.exec(line)
      if (match === null) return false
      const [
        ,
        client = '',
        ,
        user = '',
        time = '',
        method = '',
        path = '',
        protocol = '',
        status = '',
        size = '',
        referer = '',
        agent = '',
      ] = match
      const code = Number(status)
      record.time = timeOf(time)
      record.severityNumber = severityOfStatus(code)
      record.attributes
        .set('client.address', client)
        .set('user.name', user)
        .set('http.request.method', method)
        .set('url.path', path)
        .set('network.protocol.version', protocol)
        .set('http.response.status_code', code)
        .set('http.response.body.size', Number(size))
        .set('http.request.header.referer', referer)
        .set('user_agent.original', agent)
      return true
    },
  }),
})
