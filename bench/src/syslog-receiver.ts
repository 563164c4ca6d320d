/** Receives syslog in this process until its parent has had enough: `TRANSPORT FOLDER EXPORTER OUTPUT`. Talks to the parent by messages. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Collector, prepare } from '@weir/core'
import { freePort } from './free-port.ts'

const [, , transport = 'tcp', folder = '', exporter = 'blackhole', output = ''] = process.argv
const kind = transport === 'udp' ? 'udp' : 'tcp'
const port = await freePort()
const file = join(folder, `${transport}-${exporter}.json`)
writeFileSync(
  file,
  JSON.stringify({
    receivers: { syslog: { [kind]: { listen_address: `127.0.0.1:${port}` } } },
    exporters: exporter === 'file' ? { file: { path: output } } : { blackhole: {} },
    service: { state_dir: 'memory', pipelines: { logs: { receivers: ['syslog'], exporters: [exporter] } } },
  }),
)
const host = fileURLToPath(new URL('../../packages/cli', import.meta.url))
const prepared = await prepare({ cwd: folder, files: [file], env: process.env, hosts: [host] })
if (prepared.plan === undefined) throw new Error(JSON.stringify(prepared.diagnostics))
const collector = new Collector(prepared, {
  once: false,
  isTerminal: false,
  terminal: { write: () => {} },
  logLevel: 'error',
})
await collector.start()
const total = (metric: string) => collector.telemetry.total(metric)
const before = process.cpuUsage()
process.on('message', () => {
  const cpu = process.cpuUsage(before)
  process.send?.({
    records: total('weir_exporter_sent_log_records'),
    cpuMs: (cpu.user + cpu.system) / 1000,
    rssMiB: process.resourceUsage().maxRSS / 1024,
    failures: total('weir_receiver_parse_failures'),
  })
})
process.on('disconnect', () => process.exit())
process.send?.({ port })
