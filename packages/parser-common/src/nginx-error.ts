import { type Record, severityOf, type TimestampReader } from '@weir/sdk'
import { setRequest } from './request-line.ts'

const head = /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[([a-z]+)\] (\d+)#(\d+): (?:\*(\d+) )?/
/** What nginx says of the request at the end of a message. */
const context = /, (client|server|request|subrequest|upstream|host|referrer): ("(?:[^"\\]|\\.)*"|[^,]*)/g

const names = new Map([
  ['client', 'client.address'],
  ['server', 'server.address'],
  ['upstream', 'nginx.upstream'],
  ['subrequest', 'nginx.subrequest'],
  ['host', 'http.request.header.host'],
  ['referrer', 'http.request.header.referer'],
])

/**
 * nginx's error log: `2026/11/24 13:55:36 [error] 31#32: *7 open() "…" failed (2: No such file or directory), client: …`.
 * The body is the message without what follows `, client: `.
 */
export function readNginxError(line: string, record: Record, time: TimestampReader): boolean {
  const match = head.exec(line)
  if (match === null) return false
  const [whole, date = '', level = '', pid, tid, connection] = match
  const ms = time.parse(date)
  if (Number.isNaN(ms)) return false
  record.time = ms
  record.severityText = level
  record.severityNumber = severityOf(level)
  const { attributes } = record
  attributes.set('process.pid', Number(pid))
  attributes.set('thread.id', Number(tid))
  if (connection !== undefined) attributes.set('nginx.connection', Number(connection))
  const contextAt = line.indexOf(', client: ', whole.length)
  record.body = line.slice(whole.length, contextAt < 0 ? line.length : contextAt)
  if (contextAt < 0) return true
  for (const [, key = '', value = ''] of line.slice(contextAt).matchAll(context)) {
    const text = value.startsWith('"') ? value.slice(1, -1) : value
    const name = names.get(key)
    if (key === 'request') setRequest(record, text)
    else if (name !== undefined) attributes.set(name, text)
  }
  return true
}

export const isNginxError = (line: string): boolean => head.test(line)
