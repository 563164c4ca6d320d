import { createComponent, receiverContract } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { encoded } from './definitions.fixture.ts'
import definition from './index.ts'

describe('otlp', () => {
  const port = 43_180 + (process.pid % 1000)
  const config = { protocols: { http: { endpoint: `127.0.0.1:${port}` }, grpc: { endpoint: '127.0.0.1:0' } } }
  const body = encoded('ExportLogsServiceRequest', {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }],
  })
  const produce = () => {
    const headers = { 'content-type': 'application/x-protobuf' }
    fetch(`http://127.0.0.1:${port}/v1/logs`, { method: 'POST', headers, body }).catch(() => {})
  }
  for (const { name, run } of receiverContract(definition, { config, produce })) it(name, run)

  it('wants to know what to listen for', () => {
    expect(() => createComponent(definition, { protocols: {} })).toThrow(
      expect.objectContaining({ code: 'WEIR_OTLP_NO_PROTOCOL', configPath: ['protocols'] }),
    )
    for (const protocol of ['grpc', 'http'])
      expect(() => createComponent(definition, { protocols: { [protocol]: { endpoint: 'here' } } })).toThrow(
        expect.objectContaining({ code: 'WEIR_HTTP_ENDPOINT', configPath: ['protocols', protocol, 'endpoint'] }),
      )
    expect(createComponent(definition, { protocols: { grpc: null, http: null } })).toBeDefined()
  })
})
