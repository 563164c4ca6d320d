/** The benchmark's cases over the network: a sender and a receiver, a process each, and rsyslog at the same work. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

interface NetworkCase {
  name: string
  transport: 'tcp' | 'counted' | 'udp'
  exporter: 'blackhole' | 'file'
  by: 'weir' | 'rsyslog'
}

const cases: readonly NetworkCase[] = [
  { name: 'syslog-tcp → blackhole', transport: 'tcp', exporter: 'blackhole', by: 'weir' },
  { name: 'syslog-tcp, octet counting → blackhole', transport: 'counted', exporter: 'blackhole', by: 'weir' },
  { name: 'syslog-udp → blackhole', transport: 'udp', exporter: 'blackhole', by: 'weir' },
  { name: 'syslog-tcp → file (JSON)', transport: 'tcp', exporter: 'file', by: 'weir' },
  { name: 'syslog-tcp → file (JSON), rsyslog', transport: 'tcp', exporter: 'file', by: 'rsyslog' },
]

export interface NetworkRow {
  case: string
  messagesPerSecond: number
  messagesPerCpuSecond: number
  lost: number
  peakRssMiB: number
}

export interface NetworkOptions {
  wanted: readonly string[]
  folder: string
  bytes: number
  runs: number
  /** Messages a second over UDP. */
  udpRate: number
  flags: readonly string[]
  /** Command that binds what is measured to a core. */
  pin: readonly string[]
}

interface Figures {
  records: number
  cpuMs: number
  rssMiB: number
}

/** What is measured: Weir in a process of its own, or rsyslog. */
interface Subject {
  readonly port: number
  figures(): Promise<Figures>
  stop(): void
}

const bytesOfMessage = 177
const rsyslogd = ['/usr/sbin/rsyslogd', '/sbin/rsyslogd', '/usr/bin/rsyslogd'].find((path) => existsSync(path))
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

async function weir(one: NetworkCase, { folder, flags, pin }: NetworkOptions): Promise<Subject> {
  const args = [...flags, script('syslog-receiver.ts'), one.transport, folder, one.exporter, join(folder, 'weir.out')]
  const [command = '', ...rest] = [...pin, process.execPath, ...args]
  const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [{ port }] = await once(child, 'message')
  return {
    port,
    async figures() {
      child.send('figures')
      const [figures] = await once(child, 'message')
      if (figures.failures > 0) throw new Error(`${one.name}: ${figures.failures} messages were not parsed`)
      return figures
    },
    stop: () => void child.kill('SIGKILL'),
  }
}

/** rsyslog writes every field that it has parsed as JSON. What it has done is told by the file that it writes. */
async function rsyslog({ folder, pin }: NetworkOptions): Promise<Subject> {
  const port = await freePort()
  const output = join(folder, 'rsyslog.out')
  const config = join(folder, 'rsyslog.conf')
  const field = (name: string, property: string) => `property(outname="${name}" name="${property}" format="jsonf")`
  const fields = [
    ['time', 'timereported'],
    ['severity', 'syslogseverity'],
    ['facility', 'syslogfacility'],
    ['hostname', 'hostname'],
    ['appname', 'app-name'],
    ['proc_id', 'procid'],
    ['msg_id', 'msgid'],
    ['structured_data', 'structured-data'],
    ['body', 'msg'],
  ].map(([name = '', property = '']) => field(name, property))
  writeFileSync(
    config,
    `global(workDirectory="${folder}")
     module(load="imptcp")
     main_queue(queue.type="FixedArray" queue.size="100000" queue.dequeueBatchSize="4096")
     template(name="json" type="list" option.jsonf="on") { ${fields.join(' ')} }
     input(type="imptcp" port="${port}" address="127.0.0.1")
     action(type="omfile" file="${output}" template="json" ioBufferSize="256k")
    `,
  )
  const [command = '', ...rest] = [...pin, rsyslogd ?? '', '-n', '-f', config, '-i', join(folder, 'rsyslog.pid')]
  const child: ChildProcess = spawn(command, rest, { stdio: 'inherit' })
  const ticks = () => {
    const fieldsOfStat = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    return Number(fieldsOfStat[11]) + Number(fieldsOfStat[12])
  }
  const rss = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1]) / 1024
  await wait(1000)
  let lines = 0
  let read = 0
  return {
    port,
    async figures() {
      const size = existsSync(output) ? statSync(output).size : 0
      // Lines are of about one length, so their number is told by the size, and counted once it stands still.
      if (size > 0 && size === read && lines === 0) lines = linesOf(output)
      else if (size !== read) lines = 0
      read = size
      return { records: lines > 0 ? lines : Math.floor(size / 330), cpuMs: ticks() * 10, rssMiB: rss() }
    },
    stop: () => void child.kill('SIGKILL'),
  }
}

function linesOf(path: string): number {
  const bytes = readFileSync(path)
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
  return count
}

/** Until everything has come, or nothing more does. */
async function measure(one: NetworkCase, options: NetworkOptions): Promise<NetworkRow> {
  for (const name of ['weir.out', 'rsyslog.out']) rmSync(join(options.folder, name), { force: true })
  const count = one.transport === 'udp' ? options.udpRate * 5 : Math.ceil(options.bytes / bytesOfMessage)
  const subject = one.by === 'weir' ? await weir(one, options) : await rsyslog(options)
  try {
    const before = await subject.figures()
    const args = [one.transport, subject.port, count, options.udpRate].map(String)
    const sender = spawn(process.execPath, [script('syslog-sender.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    sender.stdout?.resume()
    const hasLeft = once(sender, 'exit').then(() => true)
    const since = performance.now()
    let started = since
    let ended = since
    let last = before
    for (let quiet = 0, isSent = false; quiet < 50; ) {
      isSent ||= await Promise.race([hasLeft, wait(10, false)])
      if (isSent) await wait(10)
      const now = await subject.figures()
      if (now.records === 0) started = performance.now()
      if (now.records === last.records) quiet += isSent ? 1 : 0
      else {
        quiet = 0
        ended = performance.now()
      }
      last = now
      if (one.by === 'weir' && now.records >= count) break
    }
    const cpuMs = last.cpuMs - before.cpuMs
    return {
      case: one.name,
      messagesPerSecond: Math.round((last.records / (ended - started)) * 1000),
      messagesPerCpuSecond: Math.round((last.records / cpuMs) * 1000),
      lost: count - last.records,
      peakRssMiB: Math.round(last.rssMiB),
    }
  } finally {
    subject.stop()
  }
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN

/** The rows of the cases that are wanted: medians of the runs. */
export async function networkRows(options: NetworkOptions): Promise<NetworkRow[]> {
  const { wanted, runs } = options
  const chosen = cases.filter(
    ({ name, by }) =>
      (by === 'weir' || rsyslogd !== undefined) && (wanted.length === 0 || wanted.some((word) => name.includes(word))),
  )
  const results = new Map<string, NetworkRow[]>(chosen.map(({ name }) => [name, []]))
  for (let run = 0; run < runs; run++) {
    for (const one of chosen) results.get(one.name)?.push(await measure(one, options))
  }
  return chosen.map(({ name }) => {
    const rows = results.get(name) ?? []
    return {
      case: name,
      messagesPerSecond: median(rows.map(({ messagesPerSecond }) => messagesPerSecond)),
      messagesPerCpuSecond: median(rows.map(({ messagesPerCpuSecond }) => messagesPerCpuSecond)),
      lost: Math.max(...rows.map(({ lost }) => lost)),
      peakRssMiB: Math.max(...rows.map(({ peakRssMiB }) => peakRssMiB)),
    }
  })
}

export function networkTable(rows: readonly NetworkRow[]): string {
  const lines = rows.map(
    (row) =>
      `| ${row.case} | ${(row.messagesPerSecond / 1e6).toFixed(2)} | ${(row.messagesPerCpuSecond / 1e6).toFixed(2)} | ${row.lost} | ${row.peakRssMiB} |`,
  )
  return [
    '| case | M messages/s | M messages a second of CPU | lost | peak RSS MiB |',
    '|---|---:|---:|---:|---:|',
    ...lines,
    '',
  ].join('\n')
}
