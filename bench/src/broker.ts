/** The benchmark's cases over NATS JetStream: one process publishes what it reads from a file, another consumes it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { hasNatsServer, NatsServer } from '@weir/nats-connection/testing'

interface BrokerCase {
  name: string
  /** Of the exporter, besides where it publishes. */
  exporter: object
  /** Share of the input that is used: slow cases need less. */
  share: number
}

const cases: readonly BrokerCase[] = [
  { name: 'file → JetStream → blackhole', exporter: {}, share: 1 },
  { name: 'file → JetStream → blackhole, zstd', exporter: { compression: 'zstd' }, share: 1 },
  {
    name: 'file → JetStream → blackhole, 8 partitions',
    exporter: { subject: 'weir.logs.{partition}', partitions: 8, partition_by: 'attributes.client.address' },
    share: 1,
  },
  { name: 'file → JetStream → blackhole, a record a message', exporter: { max_records: 1 }, share: 0.05 },
]

export interface BrokerRow {
  case: string
  recordsPerSecond: number
  /** Records a second of CPU of the process that publishes, and of the one that consumes. */
  publishedPerCpuSecond: number
  consumedPerCpuSecond: number
  messages: number
  peakRssMiB: number
}

export interface BrokerOptions {
  wanted: readonly string[]
  folder: string
  runs: number
  flags: readonly string[]
  /** Writes the input of so many bytes, and answers its path. */
  input(share: number): string
}

const script = fileURLToPath(new URL('broker-collector.ts', import.meta.url))

async function collector(config: object, name: string, mode: string, { folder, flags }: BrokerOptions) {
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(config))
  const child: ChildProcess = spawn(process.execPath, [...flags, script, file, mode], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  return {
    async figures() {
      child.send('figures')
      const [figures] = await once(child, 'message')
      return figures
    },
    stop: () => void child.kill('SIGKILL'),
  }
}

/** From the start of the one that publishes until the other has delivered all that was read. */
async function measure({ name, exporter, share }: BrokerCase, options: BrokerOptions): Promise<BrokerRow> {
  await using server = await NatsServer.start()
  const path = options.input(share)
  const nats = { urls: [server.url], stream: 'WEIR', create_stream: true }
  const subjects = { subjects: ['weir.>'] }
  const pipelines = (receiver: string, sink: string) => ({
    state_dir: 'memory',
    pipelines: { logs: { receivers: [receiver], exporters: [sink] } },
  })
  const worker = {
    receivers: { nats: { ...nats, stream_options: subjects } },
    exporters: { blackhole: {} },
    service: pipelines('nats', 'blackhole'),
  }
  const edge = {
    receivers: { file: { include: [path], parser: 'nginx' } },
    exporters: { nats: { ...nats, stream_options: subjects, ...exporter } },
    service: pipelines('file', 'nats'),
  }
  const consuming = await collector(worker, 'worker', 'live', options)
  const since = performance.now()
  const publishing = await collector(edge, 'edge', 'once', options)
  try {
    for (;;) {
      await wait(20)
      const published = await publishing.figures()
      const consumed = await consuming.figures()
      if (published.received === 0 || published.sent < published.received || consumed.sent < published.sent) continue
      // A file that is still being read has more.
      await wait(50)
      if ((await publishing.figures()).received > published.received) continue
      return {
        case: name,
        recordsPerSecond: Math.round((consumed.sent / (performance.now() - since - 50)) * 1000),
        publishedPerCpuSecond: Math.round((published.sent / published.cpuMs) * 1000),
        consumedPerCpuSecond: Math.round((consumed.sent / consumed.cpuMs) * 1000),
        messages: consumed.messages,
        peakRssMiB: Math.round(Math.max(published.rssMiB, consumed.rssMiB)),
      }
    }
  } finally {
    publishing.stop()
    consuming.stop()
  }
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN

/** The rows of the cases that are wanted: medians of the runs. */
export async function brokerRows(options: BrokerOptions): Promise<BrokerRow[]> {
  const { wanted, runs } = options
  const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  if (chosen.length > 0 && !hasNatsServer) {
    process.stderr.write(
      'the cases over JetStream are left out: there is no nats-server (apt-get install nats-server)\n',
    )
    return []
  }
  const rows: BrokerRow[] = []
  for (const one of chosen) {
    const results: BrokerRow[] = []
    for (let run = 0; run < runs; run++) results.push(await measure(one, options))
    rows.push({
      case: one.name,
      recordsPerSecond: median(results.map(({ recordsPerSecond }) => recordsPerSecond)),
      publishedPerCpuSecond: median(results.map(({ publishedPerCpuSecond }) => publishedPerCpuSecond)),
      consumedPerCpuSecond: median(results.map(({ consumedPerCpuSecond }) => consumedPerCpuSecond)),
      messages: median(results.map(({ messages }) => messages)),
      peakRssMiB: Math.max(...results.map(({ peakRssMiB }) => peakRssMiB)),
    })
  }
  return rows
}

export function brokerTable(rows: readonly BrokerRow[]): string {
  const thousands = (value: number) => (value / 1000).toFixed(1)
  const lines = rows.map(
    (row) =>
      `| ${row.case} | ${thousands(row.recordsPerSecond)} | ${thousands(row.publishedPerCpuSecond)} | ${thousands(row.consumedPerCpuSecond)} | ${row.messages} | ${row.peakRssMiB} |`,
  )
  return [
    '| case | k records/s | k records a second of CPU, published | consumed | messages | peak RSS MiB |',
    '|---|---:|---:|---:|---:|---:|',
    ...lines,
    '',
  ].join('\n')
}
