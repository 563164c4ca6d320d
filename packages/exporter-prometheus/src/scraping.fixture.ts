import { appendMetric, LogBatch, type MetricPoint } from '@weir/sdk'
import { createComponent, type TestServices, testServices } from '@weir/sdk/testing'
import { onTestFinished } from 'vitest'
import prometheus from './index.ts'
import { PrometheusExporter } from './prometheus-exporter.ts'

export function batchOf(points: readonly MetricPoint[]): LogBatch {
  const batch = new LogBatch({ signal: 'metrics', capacity: points.length })
  for (const point of points) appendMetric(batch, point)
  return batch
}

/** An exporter that listens on a port of its own until the test has finished. */
export async function started(config: object = {}, given: Partial<TestServices> = {}) {
  const services = testServices(given)
  const exporter = createComponent(prometheus, { endpoint: '127.0.0.1:0', ...config }, services)
  if (!(exporter instanceof PrometheusExporter)) throw new TypeError('not what this test is of')
  await exporter.start()
  onTestFinished(() => exporter.stop())
  const { port } = exporter
  return {
    ...{ exporter, services, port },
    send: (...points: MetricPoint[]) => exporter.export(batchOf(points)),
    async scrape(headers: { [name: string]: string } = {}) {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers })
      return { headers: response.headers, body: await response.text() }
    },
  }
}
