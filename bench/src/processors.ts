/**
 * What processors cost: file → nginx → processor → blackhole against the same without, in processor time, each in a
 * process of its own.
 * `npm run bench:processors -- [--size 64MB] [--runs 5] [--case redact,filter]`
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Collector, prepare } from '@weir/core'
import { parseSize } from '@weir/sdk'
import { mmdb } from '../../packages/processor-enrich/src/mmdb.fixture.ts'
import { writeInput } from './inputs.ts'

interface Case {
  readonly name: string
  /** The section of the config that it is; none is the pipeline without it. */
  readonly processors?: object
  readonly connectors?: object
  readonly parsers?: object
  /** nginx, or a parser of the same lines as a container runtime writes them. */
  readonly parser?: string
  /** What it is compared with; nginx without a processor if left out. */
  readonly against?: Case
}

interface Measured {
  /** Of the processor, whole process. */
  readonly ms: number
  readonly bytes: number
  readonly records: number
}

const of = (name: string, config: object): Case => ({
  name,
  processors: { [name.split(':')[0] ?? '']: config },
})
const step = (name: string, ...steps: object[]): Case => of(`transform: ${name}`, { steps })
const conditions = (...names: string[]) => names.map((name, at) => ({ condition: name, pipelines: [`logs/${at}`] }))

const without: Case = { name: 'without' }
const cri: Case = { name: 'cri', parser: 'cri' }

const cases: readonly Case[] = [
  of('filter: severity_number', { severity_number: { min: 'warn' } }),
  of('filter: status >= 500', { include: ['attributes.http.response.status_code >= 500'] }),
  of('filter: path of two', { exclude: ['attributes.url.path == "/healthz" || attributes.url.path == "/login"'] }),
  step('set a text', { set: 'attributes.env', value: '"prod"' }),
  step('set a sum', { set: 'attributes.kib', value: 'attributes.http.response.body.size / 1024' }),
  step('rename', { rename: 'attributes.client.address', to: 'attributes.source.address' }),
  step('delete', { delete: 'attributes.user_agent.original' }),
  step('truncate', { truncate: 'body', max_size: 64 }),
  step('hash', { hash: 'attributes.client.address' }),
  step('upper', { upper: 'attributes.http.request.method' }),
  step('parse body by nginx', { parse: 'body', parser: 'nginx' }),
  of('redact: default', {}),
  of('redact: with ip_address', { kinds: ['credit_card', 'email', 'ip_address', 'token'] }),
  of('redact: a pattern', { kinds: [], blocked_values: ['\\buser\\d+\\b'] }),
  of('dedupe: default', {}),
  of('dedupe: path and status', { fields: ['attributes.url.path', 'attributes.http.response.status_code'] }),
  of('sample: 10 % by address', { sampling_percentage: 10, from_attribute: 'attributes.client.address' }),
  of('sample: 100/s', { rate_limit: { records_per_second: 100 } }),
  of('enrich: user_agent', { user_agent: {} }),
  of('enrich: table', {
    tables: [{ path: 'methods.csv', key_column: 'method', field: 'attributes.http.request.method' }],
  }),
  of('enrich: geoip', { geoip: [{ database: 'places.mmdb' }] }),
  {
    name: 'route: two conditions',
    connectors: {
      route: {
        table: conditions('severityNumber >= 17', 'attributes.url.path.startsWith("/api/")'),
        default_pipelines: ['logs/2'],
      },
    },
  },
  { name: 'container (against cri)', parser: 'container', against: cri },
  {
    ...{ name: 'container: messages by nginx (against cri)', parser: 'container', against: cri },
    parsers: { container: { parser: 'nginx' } },
  },
]
const isOfContainers = ({ parser }: Case) => parser !== undefined

function configOf({ processors = {}, connectors, parsers = {}, parser = 'nginx' }: Case, input: string): object {
  const routes = connectors === undefined ? [] : [0, 1, 2]
  return {
    receivers: { file: { include: [input], parser, start_at: 'beginning' } },
    ...{ processors, parsers, ...(connectors === undefined ? {} : { connectors }) },
    exporters: { blackhole: {} },
    service: {
      state_dir: 'memory',
      pipelines: {
        logs: {
          receivers: ['file'],
          processors: Object.keys(processors),
          exporters: connectors === undefined ? ['blackhole'] : ['route'],
        },
        ...Object.fromEntries(routes.map((at) => [`logs/${at}`, { receivers: ['route'], exporters: ['blackhole'] }])),
      },
    },
  }
}

/** Runs a case in this process. */
async function measure(one: Case, input: string, folder: string): Promise<Measured> {
  const path = join(folder, 'weir.json')
  writeFileSync(path, JSON.stringify(configOf(one, input)))
  const host = fileURLToPath(new URL('../../packages/cli', import.meta.url))
  const prepared = await prepare({ cwd: folder, files: [path], env: process.env, hosts: [host] })
  if (prepared.plan === undefined) throw new Error(JSON.stringify(prepared.diagnostics))
  const terminal = { write: () => {} }
  const collector = new Collector(prepared, { once: true, isTerminal: false, terminal, logLevel: 'warn' })
  const since = process.cpuUsage()
  await collector.start()
  await collector.ended()
  if (!(await collector.stop())) throw new Error('not everything was delivered')
  const { user, system } = process.cpuUsage(since)
  const total = (metric: string) => collector.telemetry.total(metric)
  if (total('weir_receiver_parse_failures') > 0) throw new Error('not every line was parsed')
  return {
    ms: (user + system) / 1000,
    bytes: total('weir_receiver_accepted_bytes'),
    records: total('weir_receiver_accepted_log_records'),
  }
}

/** Those that the command itself runs with: they stand in its first line. */
const flags = () =>
  readFileSync(new URL('../../packages/cli/dist/main.js', import.meta.url), 'utf8')
    .split('\n', 1)[0]
    ?.match(/--\S+/g) ?? []

function measureApart({ name }: Case, input: string, folder: string): Measured {
  const args = [...flags(), fileURLToPath(import.meta.url), '--measure', name, '--input', input, '--folder', folder]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) throw new Error(`${name} failed: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

/** The lines as containerd writes them. */
function writeContainerInput(nginx: string, folder: string): string {
  const path = join(folder, 'container.log')
  const lines = readFileSync(nginx, 'utf8').trimEnd().split('\n')
  writeFileSync(path, `${lines.map((line) => `2026-11-24T10:00:00.123456789Z stdout F ${line}`).join('\n')}\n`)
  return path
}

const median = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? 0

function compare(chosen: readonly Case[], runs: number, bytes: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const nginx = writeInput('nginx', folder, bytes)
    const containers = chosen.some(isOfContainers) ? writeContainerInput(nginx, folder) : ''
    writeFileSync(join(folder, 'methods.csv'), 'method,kind\nGET,read\nPOST,write\nPUT,write\nDELETE,write\n')
    const place = {
      country: { iso_code: 'DE' },
      city: { names: { en: 'Berlin' } },
      location: { latitude: 52.5, longitude: 13.4 },
    }
    writeFileSync(join(folder, 'places.mmdb'), mmdb({ '0.0.0.0/1': place, '128.0.0.0/1': place }))
    process.stdout.write('| case | ns/record more | MB/s | MB/s without |\n|---|---:|---:|---:|\n')
    for (const one of chosen) {
      const input = isOfContainers(one) ? containers : nginx
      const pairs = Array.from({ length: runs }, () => ({
        base: measureApart(one.against ?? without, input, folder),
        with: measureApart(one, input, folder),
      }))
      const more = median(pairs.map((pair) => ((pair.with.ms - pair.base.ms) / pair.base.records) * 1e6))
      const speed = (key: 'base' | 'with') => median(pairs.map((pair) => pair[key].bytes / 1e3 / pair[key].ms))
      process.stdout.write(
        `| ${one.name} | ${Math.round(more)} | ${Math.round(speed('with'))} | ${Math.round(speed('base'))} |\n`,
      )
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '64MB' },
    runs: { type: 'string', default: '5' },
    case: { type: 'string', default: '' },
    measure: { type: 'string' },
    input: { type: 'string', default: '' },
    folder: { type: 'string', default: '' },
  },
})
if (values.measure === undefined) {
  const wanted = values.case.split(',').filter((word) => word !== '')
  const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))
  compare(chosen, Number(values.runs), parseSize(values.size))
} else {
  const one = [without, cri, ...cases].find(({ name }) => name === values.measure)
  if (one === undefined) throw new Error(`there is no case "${values.measure}"`)
  process.stdout.write(`${JSON.stringify(await measure(one, values.input, values.folder))}\n`)
}
