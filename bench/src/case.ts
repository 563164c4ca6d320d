/** Runs one case in this process and prints what it measured as JSON. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Collector, prepare } from '@weir/core'
import { cases, configOf } from './cases.ts'

const [, , name, input = '', folder = '', workers = '0'] = process.argv
const chosen = cases.find((one) => one.name === name)
if (chosen === undefined) throw new Error(`there is no case "${name}"`)
const config = join(folder, 'weir.json')
const stateDir = mkdtempSync(join(folder, 'state-'))
writeFileSync(
  config,
  JSON.stringify(configOf(chosen, input, { output: '/dev/null', stateDir, workers: Number(workers) })),
)

const host = fileURLToPath(new URL('../../packages/cli', import.meta.url))
const prepared = await prepare({ cwd: folder, files: [config], env: process.env, hosts: [host] })
if (prepared.plan === undefined) throw new Error(JSON.stringify(prepared.diagnostics))
const collector = new Collector(prepared, {
  once: true,
  isTerminal: false,
  terminal: { write: () => {} },
  logLevel: 'warn',
})
const since = performance.now()
await collector.start()
await collector.ended()
const isDelivered = await collector.stop()
const ms = performance.now() - since
rmSync(stateDir, { recursive: true })
const total = (metric: string) => collector.telemetry.total(metric)
const records = total('weir_receiver_accepted_log_records')
if (!isDelivered || total('weir_receiver_parse_failures') > 0)
  throw new Error('not every line was parsed and delivered')
process.stdout.write(
  `${JSON.stringify({ ms, bytes: total('weir_receiver_accepted_bytes'), records, rssMiB: process.resourceUsage().maxRSS / 1024 })}\n`,
)
