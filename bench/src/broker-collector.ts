/** Runs a config in this process until its parent has had enough: `CONFIG once|live`. Talks to the parent by messages. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Collector, prepare } from '@weir/core'

const [, , file = '', mode = 'live'] = process.argv
const host = fileURLToPath(new URL('../../packages/cli', import.meta.url))
const prepared = await prepare({ cwd: dirname(file), files: [file], env: process.env, hosts: [host] })
if (prepared.plan === undefined) throw new Error(JSON.stringify(prepared.diagnostics))
const collector = new Collector(prepared, {
  once: mode === 'once',
  isTerminal: false,
  terminal: { write: () => {} },
  logLevel: 'warn',
})
const before = process.cpuUsage()
await collector.start()
const total = (metric: string) => collector.telemetry.total(metric)
process.on('message', () => {
  const cpu = process.cpuUsage(before)
  process.send?.({
    received: total('weir_receiver_accepted_log_records'),
    sent: total('weir_exporter_sent_log_records'),
    messages: total('weir_receiver_nats_messages'),
    cpuMs: (cpu.user + cpu.system) / 1000,
    rssMiB: process.resourceUsage().maxRSS / 1024,
  })
})
process.on('disconnect', () => process.exit())
process.send?.('started')
