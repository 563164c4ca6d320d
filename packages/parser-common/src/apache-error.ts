import { type Record, severityOf, type TimestampReader } from '@weir/sdk'

const head =
  /^\[([^\]]+)\] \[(?:([\w-]*):)?([a-z]+\d?)\] (?:\[pid (\d+)(?::tid (\d+))?\] )?(?:\[client ([^\]]+)\] )?(?:(AH\d+): )?/
/** Only addresses of IPv4 show whether a port follows: 2.2 writes none, and IPv6 has colons of its own. */
const port = /^([^:]+):(\d+)$/

/**
 * Apache's error log, of 2.4 and before: `[Wed Nov 24 13:55:36.123456 2026] [core:error] [pid 7:tid 9] [client
 * 192.0.2.1:1234] AH00124: message`.
 */
export function readApacheError(line: string, record: Record, time: TimestampReader): boolean {
  const match = head.exec(line)
  if (match === null) return false
  const [whole, date = '', module, level = '', pid, tid, client, code] = match
  const ms = time.parse(date)
  if (Number.isNaN(ms)) return false
  record.time = ms
  record.timeRemainder = time.remainder
  record.severityText = level
  record.severityNumber = severityOf(level.replace(/\d$/, ''))
  record.body = line.slice(whole.length)
  const { attributes } = record
  if (module) attributes.set('apache.module', module)
  if (pid !== undefined) attributes.set('process.pid', Number(pid))
  if (tid !== undefined) attributes.set('thread.id', Number(tid))
  if (code !== undefined) attributes.set('apache.code', code)
  if (client === undefined) return true
  const [, address = client, clientPort] = port.exec(client) ?? []
  attributes.set('client.address', address)
  if (clientPort !== undefined) attributes.set('client.port', Number(clientPort))
  return true
}

export const isApacheError = (line: string): boolean =>
  /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] \[/.test(line)
