import { type Alert, type AttributeMap, formatDuration, printable } from '@weir/sdk'
import { cut, flow } from './columns.ts'
import type { Palette } from './palette.ts'
import { shortPath, timeText, valueText } from './value-text.ts'

export interface CardOptions {
  palette: Palette
  /** Columns that a line may take. */
  columns: number
  maxSamples: number
}

const barStyle = { info: 'blue', warning: 'yellow', critical: 'red' } as const
const badgeStyle = {
  info: ['bold', 'white', 'bgBlue'],
  warning: ['bold', 'black', 'bgYellow'],
  critical: ['bold', 'white', 'bgRed'],
  resolved: ['bold', 'black', 'bgGreen'],
} as const
const maxTitleLines = 4
const bar = '┃ '

/** An alert as lines for a terminal: a bar in the colour of its severity, and beside it what an operator asks first. */
export function alertCard(alert: Alert, { palette, columns, maxSamples }: CardOptions): string[] {
  const isResolved = alert.state === 'resolved'
  const badge = isResolved ? 'resolved' : alert.severity
  const edge = palette.style(isResolved ? 'green' : barStyle[alert.severity], bar)
  const room = Math.max(20, columns - bar.length)
  const titleWords = printable(alert.title).split(/ +/)

  const [[badgeWord = '', ...words] = [], ...more] = flow([` ${badge.toUpperCase()} `, ...titleWords], 1, room).slice(
    0,
    maxTitleLines,
  )
  const title = [
    `${palette.style(badgeStyle[badge], badgeWord)} ${palette.style('bold', words.join(' '))}`,
    ...more.map((line) => palette.style('bold', line.join(' '))),
  ]

  const pairs = (entries: readonly (readonly [string, string])[]): string[] => {
    const texts = entries.map(([name, value]) => `${name} ${value}`)
    return flow(texts, 3, room).map((line) => line.map((text) => named(text, palette)).join('   '))
  }
  const where = [timeText(alert.time), printable(alert.rule), ...groupTexts(alert.group), ...historyTexts(alert)]
  const lines = [
    ...title,
    ...flow(
      where.filter((text) => text !== ''),
      2,
      room,
    ).map((line) => palette.dim(line.join('  '))),
    ...pairs(verdict(alert)),
    ...pairs(Object.entries(alert.evidence ?? {}).map(([name, value]) => [printable(name), valueText(value)])),
    ...(alert.samples ?? []).slice(0, maxSamples).map((sample) => palette.dim('│ ') + cut(valueText(sample), room - 2)),
  ]
  return lines.map((line) => edge + line)
}

/** The name that a text begins with, less bright than its value. */
function named(text: string, palette: Palette): string {
  const end = text.indexOf(' ')
  return palette.dim(text.slice(0, end)) + text.slice(end)
}

const groupTexts = (group: AttributeMap): string[] =>
  Object.entries(group).map(([path, value]) => `${shortPath(path)}=${value === null ? '(none)' : valueText(value)}`)

function verdict({ observed, expected, score }: Alert): [string, string][] {
  const entries: [string, string][] = []
  if (observed !== undefined) entries.push(['observed', valueText(observed)])
  if (expected !== undefined) entries.push(['expected', valueText(expected)])
  if (score !== undefined) entries.push(['score', valueText(score)])
  return entries
}

function historyTexts({ state, severity, time, startedAt, count }: Alert): string[] {
  const lasted = time - startedAt
  if (state === 'resolved') return [`was ${severity}${lasted > 0 ? ` for ${formatDuration(lasted)}` : ''}`]
  if (count <= 1) return []
  return [`reported ${count} times${lasted > 0 ? ` in ${formatDuration(lasted)}` : ''}`]
}
