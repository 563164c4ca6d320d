import { once } from 'node:events'
import type { TapStats } from '@weir/control'
import { type AttributeValue, printable, printableJson, textOf } from '@weir/sdk'
import { columns } from './columns.ts'
import { wrongCommandLine } from './exit-code.ts'
import { paintFor } from './paint.ts'
import { type ControlOptions, controlOf } from './running-collector.ts'

interface TapOptions extends ControlOptions {
  where?: string
  limit?: string
  rate?: string
  json?: boolean
  list?: boolean
}

/** Shows records as they pass a point of a running collector. */
export async function tap(id: string | undefined, files: string[], options: TapOptions): Promise<void> {
  if (options.list) {
    const control = await controlOf(id === undefined ? files : [id, ...files], options)
    const points = await control.points()
    process.stdout.write(columns(points.map(({ kind, id, path }) => [kind, printable(id), printable(path)])))
    return
  }
  if (id === undefined) throw wrongCommandLine('say which point: weir tap ID', 'weir tap --list shows what there is')
  const control = await controlOf(files, options)
  const { where, limit, rate } = options
  const abort = new AbortController()
  const stop = () => abort.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  process.stdout.on('error', stop)
  const show = options.json ? printableJson : recordText
  const stats = await control.tap(
    { id, where, limit, rate },
    (line) => write(`${show(line)}\n`, abort.signal),
    abort.signal,
  )
  process.off('SIGINT', stop)
  process.off('SIGTERM', stop)
  if (!process.stdout.errored) process.stderr.write(`${statsText(stats)}\n`)
}

async function write(text: string, signal: AbortSignal): Promise<void> {
  if (process.stdout.write(text)) return
  await once(process.stdout, 'drain', { signal }).catch(() => {})
}

const paint = paintFor(process.stdout)
const number = new Intl.NumberFormat('en')

function statsText({ passed, examined, shown, dropped, reason }: TapStats): string {
  const parts = [`${number.format(shown)} of ${number.format(passed)} records shown`]
  if (examined < passed) parts.push(`${number.format(examined)} looked at, within the rate and the time a tap may take`)
  if (dropped > 0) parts.push(`${number.format(dropped)} dropped since they were not read in time`)
  if (reason === 'stopped') parts.push('the collector has stopped')
  return parts.join('; ')
}

const colors = { error: 'red', warn: 'yellow', other: 'green' } as const

/** A record, as NDJSON, as a line for people. */
function recordText(line: string): string {
  const record: {
    time?: string
    severityNumber?: number
    severityText?: string
    body?: AttributeValue
    attributes?: { [name: string]: AttributeValue }
  } = JSON.parse(line)
  const { time, severityNumber = 0, severityText = '', body, attributes = {} } = record
  const color = severityNumber >= 17 ? colors.error : severityNumber >= 13 ? colors.warn : colors.other
  return [
    ...(time === undefined ? [] : [paint('dim', time.replace('T', ' '))]),
    paint(color, printable(severityText).padEnd(5)),
    ...(body === undefined ? [] : [printable(textOf(body))]),
    ...Object.entries(attributes).map(([name, value]) => paint('dim', printable(`${name}=${textOf(value)}`))),
  ].join(' ')
}
