/**
 * Draws what the benchmarks have found: a series of NAB with its score, NAB's scores, and the incidents. The figures are those of
 * docs/detection.md and of a run of bench:nab. `npm run -s bench:plots -- NAB_DIR NAB_OUT_DIR`
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDuration } from '@weir/sdk'
import { palette, Svg } from './svg.ts'

const docs = join(import.meta.dirname, '..', '..', 'docs')
const series = 'realKnownCause/machine_temperature_system_failure.csv'
const threshold = 0.95

/** The rows of the first table of a text whose head has this word, as cells. */
function tableOf(text: string, word: string): string[][] {
  const lines = text.split('\n')
  const head = lines.findIndex((line) => line.startsWith('|') && line.includes(word))
  if (head < 0) throw new Error(`docs/detection.md has no table with ${word}`)
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'))
  return lines.slice(head + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('*', '').replaceAll('`', '').trim()),
  )
}

function seriesPlot(nab: string, out: string): Svg {
  const timeOf = (text: string) => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`)
  const rows = readFileSync(join(out, series), 'utf8').trim().split('\n').slice(1)
  const points = rows.map((row) => {
    const [timestamp = '', value, score] = row.split(',')
    return { time: timeOf(timestamp), value: Number(value), score: Number(score) }
  })
  const windows: { [file: string]: [string, string][] } = JSON.parse(
    readFileSync(join(nab, 'labels', 'combined_windows.json'), 'utf8'),
  )
  const svg = new Svg(960, 340)
  const [left, right, top, bottom] = [50, 945, 40, 220]
  const [first, last] = [points[0]?.time ?? 0, points.at(-1)?.time ?? 1]
  const values = points.map(({ value }) => value)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const x = (time: number) => left + ((time - first) / (last - first)) * (right - left)
  const y = (value: number) => bottom - ((value - low) / (high - low)) * (bottom - top)
  const scoreY = (score: number) => 320 - score * 70
  svg.text(left, 20, `${series}: the series, its labelled windows, and Weir’s score`, { size: 14, weight: 'bold' })
  for (const [from, to] of windows[series] ?? [])
    svg.bar(x(timeOf(from)), top, x(timeOf(to)) - x(timeOf(from)), 320 - top, palette.shade)
  for (const value of [low, (low + high) / 2, high])
    svg.text(left - 6, y(value) + 4, value.toFixed(0), { anchor: 'end', color: palette.faint })
  const columns = [...Map.groupBy(points, ({ time }) => Math.floor(x(time))).entries()]
  svg.path(
    columns.flatMap(([column, inside]) => {
      const all = inside.map(({ value }) => value)
      return [
        [column, y(Math.max(...all))],
        [column, y(Math.min(...all))],
      ] as const
    }),
    palette.main,
  )
  svg.line(left, scoreY(threshold), right, scoreY(threshold), palette.grid)
  svg.text(left - 6, scoreY(threshold) + 4, String(threshold), { anchor: 'end', color: palette.faint })
  for (const [column, inside] of columns) {
    const score = Math.max(...inside.map((point) => point.score))
    if (score > 0.5) svg.line(column, scoreY(0), column, scoreY(score), palette.faint)
  }
  for (const { time, value, score } of points) if (score >= threshold) svg.dot(x(time), y(value), palette.alarm)
  for (let day = Math.ceil(first / 864e5) * 864e5; day < last; day += 14 * 864e5)
    svg.text(x(day), 336, new Date(day).toISOString().slice(0, 10), {
      anchor: 'middle',
      size: 11,
      color: palette.faint,
    })
  return svg
}

function scoresPlot(text: string): Svg {
  const bars = tableOf(text, 'standard profile').flatMap(([name = '', score = '']) => {
    const figures = score.split(',').map(Number)
    return name.split(',').map((one, index) => ({ name: one.trim(), score: figures[index] ?? Number.NaN }))
  })
  const svg = new Svg(720, 50 + bars.length * 28)
  svg.text(10, 22, 'NAB, 35 files, standard profile: score', { size: 14, weight: 'bold' })
  for (const [index, { name, score }] of bars.entries()) {
    const y = 42 + index * 28
    svg.text(190, y + 14, name, { anchor: 'end' })
    svg.bar(200, y, (score / 100) * 460, 20, name.startsWith('Weir') ? palette.main : palette.grid)
    svg.text(206 + (score / 100) * 460, y + 14, score.toFixed(1), { color: palette.faint })
  }
  return svg
}

function incidentsPlot(text: string): Svg {
  const rows = tableOf(text, 'after, median')
  const svg = new Svg(860, 70 + rows.length * 24)
  const minuteX = (minutes: number) => 220 + Math.log2(1 + minutes) * 72
  svg.text(10, 22, 'Scripted incidents: how long they last, and when they are found (minutes, logarithmic)', {
    size: 14,
    weight: 'bold',
  })
  for (const minutes of [0, 1, 3, 10, 30, 100, 240]) {
    svg.line(minuteX(minutes), 40, minuteX(minutes), 46 + rows.length * 24)
    svg.text(minuteX(minutes), 62 + rows.length * 24, String(minutes), { anchor: 'middle', color: palette.faint })
  }
  for (const [index, [name = '', lasts = '', found = '', after = '']] of rows.entries()) {
    const y = 46 + index * 24
    const [hits = 0, tries = 1] = found.split('/').map(Number)
    svg.text(210, y + 13, name, { anchor: 'end' })
    svg.bar(minuteX(0), y + 4, minuteX(parseDuration(lasts) / 60_000) - minuteX(0), 10, palette.grid)
    const delay = /^[0-9]/.test(after) ? parseDuration(after.replaceAll(' ', '')) / 60_000 : Number.NaN
    if (!Number.isNaN(delay)) svg.dot(minuteX(delay), y + 9, hits === tries ? palette.good : palette.alarm, 5)
    svg.text(850, y + 13, found, { anchor: 'end', color: hits === tries ? palette.faint : palette.alarm })
  }
  return svg
}

function main([nab, out]: readonly string[]): number {
  if (nab === undefined || out === undefined) {
    process.stderr.write('usage: npm run -s bench:plots -- NAB_DIR NAB_OUT_DIR\n')
    return 2
  }
  const text = readFileSync(join(docs, 'detection.md'), 'utf8')
  mkdirSync(join(docs, 'images'), { recursive: true })
  const write = (name: string, svg: Svg) => writeFileSync(join(docs, 'images', name), `${svg}`)
  write('nab-series.svg', seriesPlot(nab, out))
  write('nab-scores.svg', scoresPlot(text))
  write('incidents.svg', incidentsPlot(text))
  return 0
}

process.exitCode = main(process.argv.slice(2))
