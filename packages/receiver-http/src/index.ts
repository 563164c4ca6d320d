import { checkEndpoint, httpServerServices } from '@weir/http-server'
import { defineReceiver } from '@weir/sdk'
import { config } from './config.ts'
import { HttpReceiver } from './http-receiver.ts'

export default defineReceiver({
  type: 'http',
  description: 'Receives over HTTP: lines, NDJSON, JSON, the bulk API of Elasticsearch, and what is pushed to Loki.',
  stability: 'beta',
  reads: 'lines',
  config,
  refuses: true,
  check: checkEndpoint,
  inject: httpServerServices,
  create: ({ config: keys, ...services }) => new HttpReceiver(keys, services),
})
