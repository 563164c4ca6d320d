/**
 * The benchmark: each case several times in a process of its own, beside a reference loop, and a table.
 * `npm run bench -- [--size 256MB] [--runs 3] [--case nginx,json] [--json] [--cpu 1]`
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { parseSize } from '@weir/sdk'
import { brokerRows, brokerTable } from './broker.ts'
import { cases } from './cases.ts'
import { writeInput } from './inputs.ts'
import { otlpRows } from './otlp.ts'
import { networkRows, networkTable } from './syslog.ts'

interface Run {
  ms: number
  bytes: number
  records: number
  rssMiB: number
}

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '256MB' },
    runs: { type: 'string', default: '3' },
    case: { type: 'string', default: '' },
    cpu: { type: 'string', default: '' },
    workers: { type: 'string', default: '0' },
    'udp-rate': { type: 'string', default: '200000' },
    json: { type: 'boolean', default: false },
  },
})
const size = parseSize(values.size)
const wanted = values.case.split(',').filter((word) => word !== '')
const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
/** Those that the command itself runs with: they stand in its first line. */
const flags =
  readFileSync(new URL('../../packages/cli/dist/main.js', import.meta.url), 'utf8')
    .split('\n', 1)[0]
    ?.match(/--\S+/g) ?? []
/** No case takes longer; one that hangs must not hang the benchmark. */
const watchdogMs = 300_000

function child(script: string, args: readonly string[]): Run {
  const command = [process.execPath, ...flags, fileURLToPath(new URL(script, import.meta.url)), ...args]
  const pinned = values.cpu === '' ? command : ['taskset', '-c', values.cpu, ...command]
  const { status, stdout, stderr, error } = spawnSync(pinned[0] ?? '', pinned.slice(1), {
    encoding: 'utf8',
    timeout: watchdogMs,
  })
  if (status !== 0) throw new Error(`${script} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN
const speed = ({ bytes, ms }: Run) => bytes / 1e3 / ms

try {
  const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  const inputs = new Map(
    [...new Set(chosen.map(({ input }) => input))].map((input) => [input, writeInput(input, folder, size)]),
  )
  const results = new Map<string, { reference: number[]; runs: Run[] }>()
  for (let run = 0; run < Number(values.runs); run++) {
    for (const { name, input } of chosen) {
      const path = inputs.get(input) ?? ''
      const result = results.get(name) ?? { reference: [], runs: [] }
      results.set(name, result)
      result.reference.push(speed(child('reference.ts', [path])))
      result.runs.push(child('case.ts', [name, path, folder, values.workers]))
      if (!values.json) process.stderr.write('.')
    }
  }
  const rows = chosen.map(({ name, goal }) => {
    const { reference, runs } = results.get(name) ?? { reference: [], runs: [] }
    const megabytes = median(runs.map(speed))
    return {
      case: name,
      mbPerSecond: Math.round(megabytes),
      recordsPerSecond: Math.round(median(runs.map(({ records, ms }) => (records / ms) * 1000))),
      referenceMbPerSecond: Math.round(median(reference)),
      ratio: Number(median(runs.map((one, index) => speed(one) / (reference[index] ?? Number.NaN))).toFixed(2)),
      goal,
      peakRssMiB: Math.round(Math.max(...runs.map(({ rssMiB }) => rssMiB))),
    }
  })
  const networkOptions = {
    wanted,
    folder,
    bytes: size,
    runs: Number(values.runs),
    udpRate: Number(values['udp-rate']),
    flags,
    pin: values.cpu === '' ? [] : ['taskset', '-c', values.cpu],
  }
  const network = [...(await networkRows(networkOptions)), ...(await otlpRows(networkOptions))]
  const broker = await brokerRows({
    wanted,
    folder,
    runs: Number(values.runs),
    flags,
    input: (share) => writeInput('nginx', folder, size * share),
  })
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ node: process.version, sizeBytes: size, runs: Number(values.runs), rows, network, broker }, undefined, 2)}\n`,
    )
  } else {
    process.stdout.write(`\nNode ${process.version}, ${values.size} of each input, median of ${values.runs} runs\n\n`)
    if (rows.length > 0)
      process.stdout.write(
        '| case | MB/s | M records/s | reference MB/s | ratio | goal | peak RSS MiB |\n|---|---:|---:|---:|---:|---:|---:|\n',
      )
    for (const row of rows) {
      process.stdout.write(
        `| ${row.case} | ${row.mbPerSecond} | ${(row.recordsPerSecond / 1e6).toFixed(2)} | ${row.referenceMbPerSecond} | ${row.ratio.toFixed(2)} | ${row.goal ?? ''} | ${row.peakRssMiB} |\n`,
      )
    }
    if (network.length > 0) process.stdout.write(`\n${networkTable(network)}`)
    if (broker.length > 0) process.stdout.write(`\n${brokerTable(broker)}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
