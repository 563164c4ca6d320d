/** The benchmark's cases over OTLP: Weir in a process of its own, and another that sends to it or takes from it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { writeInput } from './inputs.ts'
import type { NetworkOptions, NetworkRow } from './syslog.ts'

interface OtlpCase {
  name: string
  /** What Weir does: receive from the sender, or read a file and send to the sink. */
  does: 'receive' | 'send'
  protocol: 'http/protobuf' | 'grpc'
}

const cases: readonly OtlpCase[] = [
  { name: 'otlp-http protobuf → blackhole', does: 'receive', protocol: 'http/protobuf' },
  { name: 'otlp-grpc → blackhole', does: 'receive', protocol: 'grpc' },
  { name: 'file → json → otlp-http protobuf', does: 'send', protocol: 'http/protobuf' },
]

interface Figures {
  records: number
  cpuMs: number
  rssMiB: number
}

/** Bytes of a record as `otlp-sender.ts` makes it. */
const bytesOfRecord = 390
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

async function figuresOf(child: ChildProcess): Promise<Figures> {
  child.send('figures')
  const [figures] = await once(child, 'message')
  return figures
}

/** Until everything has come. */
async function measure(one: OtlpCase, { folder, bytes, flags, pin }: NetworkOptions): Promise<NetworkRow> {
  const port = await freePort()
  const isReceiving = one.does === 'receive'
  const input = isReceiving ? '' : writeInput('json', folder, bytes)
  const total = isReceiving ? Math.ceil(bytes / bytesOfRecord) : linesOf(input)
  const peerArgs = isReceiving
    ? [script('otlp-sender.ts'), one.protocol, String(port), String(total)]
    : [script('otlp-sink.ts'), String(port)]
  const peer = () => spawn(process.execPath, peerArgs, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const sink = isReceiving ? undefined : peer()
  if (sink !== undefined) await once(sink, 'message')
  const args = [...flags, script('otlp-weir.ts'), one.does, one.protocol, String(port), folder, input]
  const [command = '', ...rest] = [...pin, process.execPath, ...args]
  const weir = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  let sender: ChildProcess | undefined
  try {
    await once(weir, 'message')
    const before = await figuresOf(weir)
    const since = performance.now()
    sender = isReceiving ? peer() : undefined
    let started = since
    let last = before
    while (last.records < total) {
      await wait(10)
      last = await figuresOf(weir)
      if (last.records === 0) started = performance.now()
    }
    return {
      case: one.name,
      messagesPerSecond: Math.round((last.records / (performance.now() - started)) * 1000),
      messagesPerCpuSecond: Math.round((last.records / (last.cpuMs - before.cpuMs)) * 1000),
      lost: total - last.records,
      peakRssMiB: Math.round(last.rssMiB),
    }
  } finally {
    for (const child of [weir, sink, sender]) child?.kill('SIGKILL')
  }
}

/** A block at a time: the peak memory of a process is what its parent had when it began, at least. */
function linesOf(path: string): number {
  const descriptor = openSync(path, 'r')
  const block = Buffer.allocUnsafeSlow(1 << 20)
  let count = 0
  for (let read = readSync(descriptor, block); read > 0; read = readSync(descriptor, block)) {
    const bytes = block.subarray(0, read)
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
  }
  closeSync(descriptor)
  return count
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN

/** The rows of the cases that are wanted: medians of the runs. */
export async function otlpRows(options: NetworkOptions): Promise<NetworkRow[]> {
  const { wanted, runs } = options
  const rows: NetworkRow[] = []
  for (const one of cases) {
    if (wanted.length > 0 && !wanted.some((word) => one.name.includes(word))) continue
    const results: NetworkRow[] = []
    for (let run = 0; run < runs; run++) results.push(await measure(one, options))
    rows.push({
      case: one.name,
      messagesPerSecond: median(results.map(({ messagesPerSecond }) => messagesPerSecond)),
      messagesPerCpuSecond: median(results.map(({ messagesPerCpuSecond }) => messagesPerCpuSecond)),
      lost: Math.max(...results.map(({ lost }) => lost)),
      peakRssMiB: Math.max(...results.map(({ peakRssMiB }) => peakRssMiB)),
    })
  }
  return rows
}
