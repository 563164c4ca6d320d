import type { AlertEntry } from '@weir/core'
import { formatDuration, printable } from '@weir/sdk'
import type { Activity } from './activity.ts'
import { grouped, megabytes, percent, perSecond } from './figures.ts'
import type { Paint, Style } from './paint.ts'

type Cell = string | { readonly text: string; readonly style: Style }

const barWidth = 10
const maxAlerts = 8
/** How long a delivery may take before it is worth a word. */
const stuckMs = 5000
const severityStyle = { critical: 'red', warning: 'yellow', info: 'blue' } as const

/** The live view as lines: what comes in, what passes, what goes out and waits, who waits for whom, what fires. */
export function topFrame(activity: Activity, paint: Paint): string[] {
  return [
    header(activity, paint),
    '',
    ...receivers(activity, paint),
    '',
    ...pipelines(activity, paint),
    '',
    ...exporters(activity, paint),
    ...backpressure(activity, paint),
    ...alerts(activity, paint),
  ]
}

function header({ files, pid, uptimeMs, cpu, rssBytes, heapBytes, memory }: Activity, paint: Paint): string {
  const rest = [
    printable(files.join(', ')),
    `pid ${pid}`,
    `up ${formatDuration(uptimeMs)}`,
    `CPU ${percent(cpu)}`,
    `memory ${megabytes(rssBytes)} (heap ${megabytes(heapBytes)})`,
    ...limited(memory, paint),
  ]
  return `${paint('bold', 'weir top')}  ${rest.join(paint('dim', ' · '))}`
}

/** What `memory_limit` says, loud when it holds someone back. */
function limited(memory: Activity['memory'], paint: Paint): string[] {
  if (memory === undefined) return []
  const { usedBytes, hardBytes, state } = memory
  const text = `${megabytes(usedBytes)} of ${megabytes(hardBytes)}`
  if (state === 'normal') return [`limit ${text}`]
  return [
    paint(
      state === 'refusing' ? 'red' : 'yellow',
      `limit ${text}, receivers ${state === 'refusing' ? 'refuse' : 'wait'}`,
    ),
  ]
}

function receivers({ receivers: all }: Activity, paint: Paint): string[] {
  return table(
    ['RECEIVER', 'records/s', 'MB/s', 'records', 'parse failures', 'oldest delivery'],
    all.map(({ id, recordsPerSecond, bytesPerSecond, parseFailures, records, oldestDeliveryMs }) => [
      printable(id),
      perSecond(recordsPerSecond),
      (bytesPerSecond / 1e6).toFixed(2),
      grouped(records),
      loud(parseFailures, 'yellow'),
      age(oldestDeliveryMs),
    ]),
    paint,
  )
}

function pipelines({ pipelines: all }: Activity, paint: Paint): string[] {
  return table(
    ['PIPELINE', 'in/s', 'out/s', 'dropped', 'errors', 'waiting', 'holds back'],
    all.map(({ name, incomingPerSecond, outgoingPerSecond, dropped, processors, queue, blocked }) => [
      printable(name),
      perSecond(incomingPerSecond),
      perSecond(outgoingPerSecond),
      loud(dropped, 'red'),
      loud(
        processors.reduce((sum, { errors }) => sum + errors, 0),
        'red',
      ),
      grouped(queue.records),
      shareOfTime(blocked),
    ]),
    paint,
  )
}

function exporters({ exporters: all }: Activity, paint: Paint): string[] {
  return table(
    ['EXPORTER', 'sent/s', 'waiting', 'queue', 'circuit', 'retries', 'failed', 'holds back'],
    all.map(({ id, sentPerSecond, queue, fill, blocked, retries, failed, circuit }) => [
      printable(id),
      perSecond(sentPerSecond),
      grouped(queue.records),
      {
        text: `${bar(fill)} ${percent(fill).padStart(5)}`,
        style: fill >= 0.9 ? 'red' : fill >= 0.5 ? 'yellow' : 'reset',
      },
      circuit === 'closed' ? 'closed' : { text: circuit.replace('_', ' '), style: 'red' },
      loud(retries, 'yellow'),
      loud(failed, 'red'),
      shareOfTime(blocked),
    ]),
    paint,
  )
}

function backpressure({ backpressure: all, receivers, exporters }: Activity, paint: Paint): string[] {
  const stuck = receivers.filter(({ oldestDeliveryMs }) => oldestDeliveryMs >= stuckMs)
  if (all.length === 0 && stuck.length === 0) return []
  const failing = exporters.filter(({ circuit }) => circuit !== 'closed').map(({ id }) => id)
  const why = failing.length === 0 ? '' : `; ${failing.join(', ')} fails`
  const lines = all.map(({ id, blocked, holdsBack }) =>
    printable(
      `  ${id} is slower than what comes, and holds back ${holdsBack.join(', ')} (${percent(blocked)} of the time)`,
    ),
  )
  const waits = stuck.map(({ id, oldestDeliveryMs }) =>
    printable(`  ${id} has waited ${formatDuration(oldestDeliveryMs)} for a delivery to be done${why}`),
  )
  return ['', paint('dim', 'BACK-PRESSURE'), ...lines, ...waits]
}

function alerts({ alerts: { firing, recent } }: Activity, paint: Paint): string[] {
  const title = `${paint('dim', 'ALERTS')}  ${firing === 0 ? 'none firing' : paint('bold', `${grouped(firing)} firing`)}`
  return ['', title, ...recent.slice(0, maxAlerts).map((alert) => alertLine(alert, paint))]
}

function alertLine({ time, state, severity, title, rule }: AlertEntry, paint: Paint): string {
  const when = Number.isFinite(time) ? new Date(time).toISOString().slice(0, 19).replace('T', ' ') : ''
  const word =
    state === 'resolved'
      ? paint('green', 'resolved')
      : paint(severityStyle[severity], severity.padEnd('resolved'.length))
  return `  ${paint('dim', when)}  ${word}  ${printable(title)}  ${paint('dim', printable(rule))}`
}

const age = (ms: number): Cell =>
  ms < 1000 ? '' : { text: formatDuration(ms), style: ms >= stuckMs ? 'yellow' : 'reset' }

/** A figure that should be zero. */
const loud = (count: number, style: Style): Cell => (count === 0 ? '0' : { text: grouped(count), style })

const shareOfTime = (share: number): Cell =>
  share < 0.005 ? '' : { text: percent(share), style: share >= 0.5 ? 'yellow' : 'reset' }

const bar = (share: number): string => {
  const full = share > 0 ? Math.max(1, Math.round(share * barWidth)) : 0
  return '█'.repeat(full) + '░'.repeat(barWidth - full)
}

/** The first column to the left, figures to the right. */
function table(head: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const textOf = (cell: Cell) => (typeof cell === 'string' ? cell : cell.text)
  const widths = head.map((title, index) =>
    Math.max(index === 0 ? 16 : 8, title.length, ...rows.map((row) => textOf(row[index] ?? '').length)),
  )
  const align = (text: string, index: number) =>
    index === 0 ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0)
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, index) => {
        const aligned = align(textOf(cell), index)
        return typeof cell === 'string' ? aligned : paint(cell.style, aligned)
      })
      .join('  ')
  return [paint('dim', head.map(align).join('  ')), ...rows.map(line)]
}
