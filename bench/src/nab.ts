/**
 * Scores the series of the Numenta Anomaly Benchmark as the detector `series` does by default: each point when it comes.
 * `npm run -s bench:nab -- DATA_DIR OUT_DIR`, then `node score-nab.mjs LABELS OUT_DIR`
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Peaks, SeriesScorer } from '@weir/processor-anomaly/series'
import { cpuMs } from './cpu-time.ts'

interface Point {
  /** As they stand in the file. */
  readonly timestamp: string
  readonly value: string
}

/** The defaults of the detector. */
const peakOptions = { threshold: -Math.log(1 - 0.95), refractory: 200, warmup: 100 }

/** `2014-04-01 00:05:00`, with or without a fraction; times of no zone are taken as UTC. */
const timeOf = (timestamp: string): number => Date.parse(`${timestamp.trim().replace(' ', 'T').slice(0, 23)}Z`)

function readPoints(path: string): Point[] {
  const text = readFileSync(path, 'utf8').replace(/^\ufeff/, '')
  const [head = '', ...lines] = text.split(/\r?\n/)
  const columns = head.split(',').map((name) => name.trim())
  const [time, value] = [columns.indexOf('timestamp'), columns.indexOf('value')]
  if (time === undefined || value === undefined || time < 0 || value < 0) {
    throw new Error(`${path} needs the columns timestamp and value`)
  }
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const fields = line.split(',')
      return { timestamp: fields[time] ?? '', value: fields[value] ?? '' }
    })
}

/** A point without a value is no point: its score is 0. */
function scores(points: readonly Point[]): number[] {
  const scorer = new SeriesScorer()
  const peaks = new Peaks(peakOptions)
  return points.map(({ timestamp, value }) => {
    const number = value.trim() === '' ? Number.NaN : Number(value)
    const time = timeOf(timestamp)
    if (!Number.isFinite(number) || Number.isNaN(time)) return 0
    return 1 - Math.exp(-peaks.next(scorer.next(time, number)))
  })
}

function main([dataFolder, outFolder]: readonly string[]): number {
  if (dataFolder === undefined || outFolder === undefined) {
    process.stderr.write('usage: npm run -s bench:nab -- DATA_DIR OUT_DIR\n')
    return 2
  }
  if (!existsSync(dataFolder)) throw new Error(`${dataFolder} does not exist`)
  // The whole benchmark's folder, or its folder `data`.
  const folder = existsSync(join(dataFolder, 'data')) ? join(dataFolder, 'data') : dataFolder
  let files = 0
  let count = 0
  let ms = 0
  for (const category of readdirSync(folder).sort()) {
    if (!statSync(join(folder, category)).isDirectory()) continue
    for (const file of readdirSync(join(folder, category)).sort()) {
      if (!file.endsWith('.csv')) continue
      const points = readPoints(join(folder, category, file))
      const since = cpuMs()
      const scored = scores(points)
      ms += cpuMs() - since
      mkdirSync(join(outFolder, category), { recursive: true })
      const rows = points.map(({ timestamp, value }, index) => `${timestamp},${value},${scored[index] ?? 0}\n`)
      writeFileSync(join(outFolder, category, file), `timestamp,value,anomaly_score\n${rows.join('')}`)
      files++
      count += points.length
    }
  }
  if (files === 0) throw new Error(`${folder} has no files <category>/<file>.csv`)
  process.stdout.write(
    `${JSON.stringify({ files, points: count, pointsPerSecond: Math.round((count / ms) * 1000) })}\n`,
  )
  return 0
}

// Whoever read the output has gone (`… | head`).
process.stdout.on('error', () => process.exit(0))

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`bench:nab: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
