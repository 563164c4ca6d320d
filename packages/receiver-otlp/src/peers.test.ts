import { SeverityNumber } from '@opentelemetry/api'
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { expect, it } from 'vitest'
import { receiving } from './receiving.fixture.ts'

/** The exporters of OpenTelemetry's SDK for JavaScript. */
const exporters = {
  'http/protobuf': (http: number) => new ProtobufExporter({ url: `http://127.0.0.1:${http}/v1/logs` }),
  'http/json': (http: number) => new JsonExporter({ url: `http://127.0.0.1:${http}/v1/logs` }),
  grpc: (_: number, grpc: number) => new GrpcExporter({ url: `http://127.0.0.1:${grpc}` }),
}

it.each(['http/protobuf', 'http/json', 'grpc'] as const)(
  "receives from OpenTelemetry's SDK by %s",
  async (protocol) => {
    const { receiver, output } = await receiving()
    const exporter = exporters[protocol](receiver.port('http'), receiver.port('grpc'))
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ 'service.name': 'shop', 'service.instance.id': '7' }),
      processors: [new BatchLogRecordProcessor({ exporter })],
    })
    const logger = provider.getLogger('cart', '1.2.3')
    const time = Date.UTC(2026, 10, 24, 14, 13, 19, 123)
    logger.emit({
      timestamp: time,
      severityNumber: SeverityNumber.ERROR,
      severityText: 'Error',
      eventName: 'order.failed',
      body: { order: 7, items: ['a', 'b'], total: 9.5, paid: false },
      attributes: { 'http.response.status_code': 500, 'url.path': '/orders', retried: true, tags: ['x', 'y'] },
    })
    for (let index = 0; index < 1000; index++) logger.emit({ timestamp: time, body: `line ${index}` })
    await provider.forceFlush()
    await provider.shutdown()
    const [first, ...rest] = output.records
    expect(first).toEqual({
      time,
      severityNumber: 17,
      severityText: 'Error',
      eventName: 'order.failed',
      body: { order: 7, items: ['a', 'b'], total: 9.5, paid: false },
      attributes: { 'http.response.status_code': 500, 'url.path': '/orders', retried: true, tags: ['x', 'y'] },
    })
    expect(rest.map(({ body }) => body)).toEqual(Array.from({ length: 1000 }, (_, index) => `line ${index}`))
    expect(output.batches[0]).toMatchObject({
      source: 'otlp/shop/7',
      scope: { name: 'cart', version: '1.2.3' },
      resource: { 'service.name': 'shop', 'service.instance.id': '7' },
    })
  },
)
