/** Receives or sends OTLP in this process until its parent has had enough: `receive|send PROTOCOL PORT FOLDER INPUT`. Talks to the parent by messages. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Collector, prepare } from '@weir/core'

const [, , does = 'receive', protocol = 'http/protobuf', port = '0', folder = '', input = ''] = process.argv
const endpoint = `127.0.0.1:${port}`
const key = protocol === 'grpc' ? 'grpc' : 'http'
const file = join(folder, `otlp-${does}-${key}.json`)
writeFileSync(
  file,
  JSON.stringify(
    does === 'receive'
      ? {
          receivers: { otlp: { protocols: { [key]: { endpoint } } } },
          exporters: { blackhole: {} },
          service: { state_dir: 'memory', pipelines: { logs: { receivers: ['otlp'], exporters: ['blackhole'] } } },
        }
      : {
          receivers: { file: { include: [input], parser: 'json' } },
          exporters: { otlp: { endpoint: `http://${endpoint}`, protocol, compression: 'none' } },
          service: { state_dir: 'memory', pipelines: { logs: { receivers: ['file'], exporters: ['otlp'] } } },
        },
  ),
)
const host = fileURLToPath(new URL('../../packages/cli', import.meta.url))
const prepared = await prepare({ cwd: folder, files: [file], env: process.env, hosts: [host] })
if (prepared.plan === undefined) throw new Error(JSON.stringify(prepared.diagnostics))
const collector = new Collector(prepared, {
  once: does === 'send',
  isTerminal: false,
  terminal: { write: () => {} },
  logLevel: 'error',
})
const before = process.cpuUsage()
await collector.start()
process.on('message', () => {
  const cpu = process.cpuUsage(before)
  process.send?.({
    records: collector.telemetry.total('weir_exporter_sent_log_records'),
    cpuMs: (cpu.user + cpu.system) / 1000,
    rssMiB: process.resourceUsage().maxRSS / 1024,
  })
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
