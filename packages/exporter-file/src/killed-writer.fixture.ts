/** Writes records to the file that it is told, until it is killed; says after each batch how many are delivered. */
import { batchOf, createComponent } from '@weir/sdk/testing'
import file from './index.ts'

const [, , path] = process.argv
const exporter = createComponent(file, { path })
const { signal: abortSignal } = new AbortController()
await exporter.start?.()
for (let count = 0; ; count += 500) {
  await exporter.export(batchOf(Array.from({ length: 500 }, (_, index) => `record ${count + index}`)), { abortSignal })
  process.stdout.write(`${count + 500}\n`)
}
