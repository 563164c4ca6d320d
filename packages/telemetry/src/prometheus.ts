import { createServer, type RequestListener, type Server } from 'node:http'
import { metrics } from '@opentelemetry/api'
import { messageOf, WeirError } from '@weir/sdk'

export interface PrometheusOptions {
  host: string
  port: number
}

/**
 * Serves the metrics for Prometheus, by OpenTelemetry's own SDK and exporter; may be opened, moved and closed at any time.
 * The SDK is loaded when it is first needed: who brings their own never pays for ours.
 */
export class PrometheusEndpoint {
  #answer: RequestListener | undefined
  #collect: { shutdown(): Promise<void> } | undefined
  #place: PrometheusOptions | undefined
  #server: Server | undefined

  /**
   * Serves them there from now on, and nowhere else; if that cannot be, where they were served before.
   * @throws WeirError `WEIR_METRICS_ENDPOINT`
   */
  async serve(place: PrometheusOptions | undefined): Promise<void> {
    const former = this.#place
    if (former?.host === place?.host && former?.port === place?.port) return
    await this.#stop()
    if (place === undefined) return
    try {
      await this.#listen(place)
    } catch (error) {
      if (former !== undefined) await this.#listen(former)
      throw new WeirError(`the metrics cannot be served at ${place.host}:${place.port}: ${messageOf(error)}`, {
        code: 'WEIR_METRICS_ENDPOINT',
        hint: 'choose another service.telemetry.metrics.prometheus.port',
        cause: error,
      })
    }
  }

  async close(): Promise<void> {
    await this.#stop()
    if (this.#collect === undefined) return
    metrics.disable()
    await this.#collect.shutdown()
  }

  async #listen(place: PrometheusOptions): Promise<void> {
    const answer = await this.#answering()
    const server = createServer((request, response) => {
      if (request.url?.split('?')[0] === '/metrics') answer(request, response)
      else response.writeHead(404).end()
    })
    const listening = Promise.withResolvers<void>()
    server.once('error', listening.reject)
    server.listen(place.port, place.host, listening.resolve)
    await listening.promise
    this.#server = server
    this.#place = place
  }

  async #stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#place = undefined
    if (server === undefined) return
    const closed = Promise.withResolvers<void>()
    server.close(() => closed.resolve())
    server.closeAllConnections()
    await closed.promise
  }

  async #answering(): Promise<RequestListener> {
    if (this.#answer === undefined) {
      const { PrometheusExporter } = await import('@opentelemetry/exporter-prometheus')
      const { MeterProvider } = await import('@opentelemetry/sdk-metrics')
      const exporter = new PrometheusExporter({ preventServerStart: true, withoutTargetInfo: true })
      const provider = new MeterProvider({ readers: [exporter] })
      metrics.setGlobalMeterProvider(provider)
      this.#collect = provider
      this.#answer = (request, response) => exporter.getMetricsRequestHandler(request, response)
    }
    return this.#answer
  }
}
