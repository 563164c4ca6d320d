import { openSync, writeSync } from 'node:fs'
import type { Clock, Delivery, LogBatch, Output } from '@weir/sdk'
import { createComponent, testServices } from '@weir/sdk/testing'
import definition from './index.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

// A process of its own, to be killed: receives over both protocols and writes the bodies to the file that it is given, a
// little after each batch came. That is the delivery: what was not written is not delivered.

const out = openSync(process.argv[2] ?? '', 'a')
// A kill may have torn the line that was being written: what comes now stands alone.
writeSync(out, '\n')
const deliveredAfterMs = 5

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms)
    return { cancel: () => clearInterval(timer) }
  },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

async function deliver(batch: LogBatch): Promise<void> {
  await clock.sleep(deliveredAfterMs)
  writeSync(out, Array.from(batch, ({ body }) => `${body}\n`).join(''))
}

const output: Output = {
  send: async (batch): Promise<Delivery> => {
    const done = deliver(batch)
    return { done, stored: done }
  },
  sendLines: () => Promise.reject(new Error('only records are sent')),
  storeSoon() {},
  end() {},
}

const overrides = { clock, authenticators: { resolve: () => undefined } }
const endpoint = '127.0.0.1:0'
const config = { protocols: { http: { endpoint }, grpc: { endpoint } } }
const receiver = createComponent(definition, config, testServices({ overrides }))
await receiver.start(output)
if (receiver instanceof OtlpReceiver) process.send?.({ http: receiver.port('http'), grpc: receiver.port('grpc') })
