/** The reference loop: read 1 MiB blocks, decode each as one UTF-8 string, split at newlines, count. */
import { closeSync, openSync, readSync } from 'node:fs'

const descriptor = openSync(process.argv[2] ?? '', 'r')
const block = Buffer.allocUnsafeSlow(1 << 20)
const since = performance.now()
let bytes = 0
let records = 0
for (let read = readSync(descriptor, block); read > 0; read = readSync(descriptor, block)) {
  bytes += read
  records += block.toString('utf8', 0, read).split('\n').length - 1
}
const ms = performance.now() - since
closeSync(descriptor)
process.stdout.write(`${JSON.stringify({ ms, bytes, records, rssMiB: process.resourceUsage().maxRSS / 1024 })}\n`)
