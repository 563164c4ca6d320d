import type { CollectorStatus, ExporterStatus } from '@weir/sdk'
import { createComponent, extensionContract, testServices } from '@weir/sdk/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import definition from './index.ts'

const queue = { records: 3, bytes: 100, maxRecords: 10, maxBytes: 1000, blockedMs: 0 }
const exporter = (parts: Partial<ExporterStatus> = {}): ExporterStatus => ({
  ...{ id: 'webhook', sent: 40, failed: 2, retries: 1, circuit: 'closed', circuitOpenMs: 0, queue },
  ...parts,
})
const running: CollectorStatus = {
  ...{ pid: 1, time: 0, uptimeMs: 61_000, phase: 'running', files: [], cpuMs: 0, rssBytes: 0, heapBytes: 0 },
  receivers: [{ id: 'file', records: 50, bytes: 500, parseFailures: 0, oldestDeliveryMs: 2000 }],
  pipelines: [
    {
      ...{ name: 'logs', signal: 'logs', receivers: ['file'], connectors: [], exporters: ['webhook'], queue },
      processors: [{ id: 'filter', records: 50, errors: 4 }],
      ...{ incoming: 50, outgoing: 50, dropped: 5 },
    },
  ],
  exporters: [exporter()],
  alerts: { firing: 0, recent: [] },
}

async function started(config: object = {}) {
  const now = { status: running, reads: 0 }
  const read = () => {
    now.reads++
    return now.status
  }
  const services = testServices({ overrides: { status: { read } } })
  const extension = createComponent(definition, { endpoint: '127.0.0.1:0', ...config }, services)
  await extension.start()
  onTestFinished(() => extension.stop())
  const port = 'port' in extension ? Number(extension.port) : 0
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  return { now, ask, ...services }
}

describe('health', () => {
  for (const { name, run } of extensionContract(definition, { config: { endpoint: '127.0.0.1:0' } })) it(name, run)

  it('is ready when all runs, and tells how each component fares', async () => {
    const { ask } = await started()
    expect(await ask('/readyz')).toEqual({
      status: 200,
      body: {
        status: 'ready',
        reasons: [],
        phase: 'running',
        uptime_seconds: 61,
        components: [
          { kind: 'receiver', id: 'file', status: 'ok', records: 50, oldest_delivery_seconds: 2 },
          { kind: 'pipeline', id: 'logs', status: 'ok', waiting_records: 3, dropped_records: 5, processor_errors: 4 },
          {
            ...{ kind: 'exporter', id: 'webhook', status: 'ok', circuit: 'closed', circuit_open_seconds: 0 },
            ...{ sent_records: 40, failed_records: 2, waiting_records: 3 },
          },
        ],
      },
    })
    expect((await ask('/')).status).toBe(200)
    expect(await ask('/readyz', { method: 'HEAD' })).toEqual({ status: 200, body: undefined })
  })

  it.each(['starting', 'stopping'] as const)('is alive and not ready while it is %s', async (phase) => {
    const { ask, now } = await started()
    now.status = { ...running, phase }
    expect(await ask('/livez')).toEqual({ status: 200, body: { status: 'alive' } })
    const { status, body } = await ask('/readyz')
    expect({ status, reasons: body.reasons }).toEqual({ status: 503, reasons: [`the collector is ${phase}`] })
    expect(body.components[0].status).toBe(phase)
  })

  it('is not ready when a circuit has been open for too long, and says which', async () => {
    const { ask, now, clock } = await started({ max_circuit_open: '30s' })
    const open = (circuitOpenMs: number) => ({ ...running, exporters: [exporter({ circuit: 'open', circuitOpenMs })] })
    now.status = open(30_000)
    const soon = await ask('/readyz')
    expect({ status: soon.status, exporter: soon.body.components[2].status }).toEqual({
      status: 200,
      exporter: 'recoverable_error',
    })
    now.status = open(31_000)
    await clock.advance(1000)
    const late = await ask('/readyz')
    expect(late.status).toBe(503)
    expect(late.body.reasons).toEqual(['the circuit of webhook has been open for 31 s'])
    now.status = running
    await clock.advance(1000)
    expect((await ask('/readyz')).status).toBe(200)
  })

  it('does not look more often than once a second', async () => {
    const { ask, now } = await started()
    for (let count = 0; count < 20; count++) await ask('/readyz')
    expect(now.reads).toBe(1)
  })

  it('answers on its paths, and to those who ask', async () => {
    const { ask } = await started({ liveness_path: '/alive', readiness_path: '/ok' })
    expect((await ask('/alive')).status).toBe(200)
    expect((await ask('/ok')).status).toBe(200)
    expect((await ask('/livez')).status).toBe(404)
    expect((await ask('/ok', { method: 'POST' })).status).toBe(405)
  })
})

it('wants an address to listen on', () => {
  expect(() => createComponent(definition, { endpoint: '127.0.0.1' })).toThrow(
    expect.objectContaining({ code: 'WEIR_HTTP_ENDPOINT', configPath: ['endpoint'] }),
  )
})
