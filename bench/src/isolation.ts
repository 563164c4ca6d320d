/**
 * What `isolation: worker` costs: each pipeline with and without it, each run in a process of its own, and a table.
 * `node bench/src/isolation.ts [--size 256MB] [--runs 3]`
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Collector, prepare } from '@weir/core'
import { parseSize } from '@weir/sdk'
import { writeInput } from './inputs.ts'

type Mode = 'none' | 'worker'

interface Figures {
  /** Megabytes a second. */
  readonly speed: number
  /** Of all threads, a megabyte. */
  readonly cpuMs: number
}

interface Case {
  readonly name: string
  readonly isolated: string
  readonly parser: string
  readonly processor?: string
  readonly detector?: object
}

const cases: readonly Case[] = [
  { name: 'nginx', isolated: 'the parser (columnar)', parser: 'nginx' },
  { name: 'nginx by parse(line, record)', isolated: 'the parser (simple)', parser: 'simple_nginx' },
  {
    name: 'nginx → a filter',
    isolated: 'the processor',
    parser: 'nginx',
    processor: 'only_successful',
  },
  { name: 'nginx → a change', isolated: 'the processor (mutates)', parser: 'nginx', processor: 'mark' },
  { name: 'nginx → error_rate', isolated: 'the detector', parser: 'nginx', detector: {} },
  {
    name: 'nginx → error_rate by method',
    isolated: 'the detector, by group',
    parser: 'nginx',
    detector: { group_by: ['attributes.http.request.method'] },
  },
]

const local = (file: string) => fileURLToPath(new URL(file, import.meta.url))

function configOf({ parser, processor, detector }: Case, mode: Mode, input: string): object {
  const isolation = { isolation: mode }
  const isolates = processor ?? (detector === undefined ? parser : 'error_rate')
  const keys = (type: string) => (type === isolates ? isolation : {})
  const processors = processor === undefined ? {} : { [processor]: keys(processor) }
  return {
    plugins: { paths: [local('simple-nginx.ts'), local('isolation-plugin.ts')] },
    receivers: { file: { include: [input], parser } },
    parsers: { [parser]: keys(parser) },
    ...(detector === undefined ? {} : { detectors: { error_rate: { ...detector, ...isolation } } }),
    processors: { ...processors, ...(detector === undefined ? {} : { anomaly: { detectors: ['error_rate'] } }) },
    exporters: { blackhole: {} },
    service: {
      state_dir: 'memory',
      pipelines: {
        logs: {
          receivers: ['file'],
          processors: [...Object.keys(processors), ...(detector === undefined ? [] : ['anomaly'])],
          exporters: ['blackhole'],
        },
        ...(detector === undefined ? {} : { alerts: { receivers: ['anomaly'], exporters: ['blackhole'] } }),
      },
    },
  }
}

/** Runs one pipeline in this process; prints megabytes a second. */
async function measure(one: Case, mode: Mode, input: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-isolation-'))
  writeFileSync(join(folder, 'weir.json'), JSON.stringify(configOf(one, mode, input)))
  const hosts = [local('../../packages/cli')]
  const prepared = await prepare({ cwd: folder, files: ['weir.json'], env: process.env, hosts })
  if (prepared.plan === undefined) throw new Error(JSON.stringify([prepared.diagnostics, prepared.pluginProblems]))
  const options = { once: true, isTerminal: false, terminal: { write: () => {} }, logLevel: 'warn' } as const
  const collector = new Collector(prepared, options)
  await collector.start()
  const since = performance.now()
  const cpu = process.cpuUsage()
  await collector.ended()
  await collector.stop()
  const bytes = collector.telemetry.total('weir_receiver_accepted_bytes')
  const lost = ['weir_receiver_parse_failures', 'weir_component_restarts', 'weir_pipeline_dropped_records']
  if (lost.some((metric) => collector.telemetry.total(metric) > 0)) throw new Error('not everything went well')
  rmSync(folder, { recursive: true })
  const ms = performance.now() - since
  const { user, system } = process.cpuUsage(cpu)
  process.stdout.write(JSON.stringify({ speed: bytes / 1e3 / ms, cpuMs: (user + system) / (bytes / 1e3) }))
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN

function compare(size: string, runs: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'weir-isolation-'))
  const input = writeInput('nginx', folder, parseSize(size))
  const run = (index: number, mode: Mode): Figures => {
    const args = [local('isolation.ts'), '--case', String(index), '--mode', mode, '--input', input]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 300_000 })
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout)
  }
  process.stdout.write(`Node ${process.version}, ${size} of nginx lines, median of ${runs} runs\n\n`)
  process.stdout.write(
    '| file → … → blackhole | isolated | MB/s without | MB/s with | ratio | CPU ms/MB without | with |\n|---|---|---:|---:|---:|---:|---:|\n',
  )
  for (const [index, { name, isolated }] of cases.entries()) {
    // In turn, so that both see the same of what else the machine does.
    const pairs = Array.from({ length: runs }, () => [run(index, 'none'), run(index, 'worker')] as const)
    const of = (key: keyof Figures, place: 0 | 1) => median(pairs.map((pair) => pair[place][key]))
    const speeds = [of('speed', 0), of('speed', 1)].map((speed) => speed.toFixed(0))
    const cpu = [of('cpuMs', 0), of('cpuMs', 1)].map((ms) => ms.toFixed(1))
    const figures = [...speeds, (of('speed', 1) / of('speed', 0)).toFixed(2), ...cpu]
    process.stdout.write(`| ${name} | ${isolated} | ${figures.join(' | ')} |\n`)
  }
  rmSync(folder, { recursive: true })
}

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '256MB' },
    runs: { type: 'string', default: '3' },
    case: { type: 'string' },
    mode: { type: 'string', default: 'none' },
    input: { type: 'string', default: '' },
  },
})
const chosen = cases[Number(values.case)]
if (chosen !== undefined) await measure(chosen, values.mode === 'worker' ? 'worker' : 'none', values.input)
else compare(values.size, Number(values.runs))
