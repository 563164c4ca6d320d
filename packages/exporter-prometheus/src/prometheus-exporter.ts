import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import {
  type HttpAnswer,
  HttpListener,
  HttpProblem,
  type HttpRequest,
  type httpServerServices,
} from '@weir/http-server'
import { asMetric, type Counter, type Exporter, type Injected, type LogBatch, Record, type Static } from '@weir/sdk'
import type { config } from './config.ts'
import { exposition } from './exposition.ts'
import { type Refusal, SeriesStore } from './series-store.ts'

const compress = promisify(gzip)
/** Answers that are smaller are not worth compressing. */
const minCompressedBytes = 4096
const textType = 'text/plain; version=0.0.4; charset=utf-8'
const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

export interface PrometheusExporterOptions {
  readonly config: Static<typeof config>
  readonly services: Injected<typeof httpServerServices>
}

/** Keeps what each series was last, and shows it to whoever scrapes. */
export class PrometheusExporter implements Exporter {
  readonly #options: PrometheusExporterOptions
  readonly #listener: HttpListener
  readonly #store: SeriesStore
  readonly #refused: Counter
  readonly #warned = new Set<Refusal>()

  constructor(options: PrometheusExporterOptions) {
    const { config, services } = options
    this.#options = options
    this.#refused = services.meter.counter('weir_exporter_prometheus_refused_points', {
      description: 'Points that cannot be shown, by reason',
      unit: '{point}',
    })
    this.#store = new SeriesStore({
      namespace: config.namespace,
      suffixes: config.add_metric_suffixes,
      constLabels: config.const_labels,
      expirationMs: config.metric_expiration,
      maxSeries: config.max_series,
    })
    this.#listener = new HttpListener({
      // A scrape has no body.
      config: { ...config, max_request_body_size: 0, max_pending_size: 0, read_timeout: config.read_header_timeout },
      services,
      handle: (request) => this.#answer(request),
    })
  }

  get port(): number {
    return this.#listener.port
  }

  start(): Promise<void> {
    return this.#listener.start()
  }

  async export(batch: LogBatch): Promise<void> {
    const now = this.#options.services.clock.monotonic()
    const record = new Record(batch)
    for (let index = 0; index < batch.length; index++) {
      const point = asMetric(record.at(batch.rowAt(index)))
      if (point === undefined) continue
      const refusal = this.#store.add(point, batch.resource, now)
      if (refusal !== undefined) this.#refuse(refusal, point.name)
    }
  }

  async stop(): Promise<void> {
    await this.#listener.close()
  }

  async #answer({ method, path, headers }: HttpRequest): Promise<HttpAnswer> {
    const { config, services } = this.#options
    if (path !== '/metrics') throw new HttpProblem(404, 'the metrics are at /metrics')
    if (method !== 'GET' && method !== 'HEAD')
      throw new HttpProblem(405, 'use GET', { headers: { allow: 'GET, HEAD' } })
    this.#store.expire(services.clock.monotonic())
    const isOpenMetrics = config.enable_open_metrics && (headers.accept ?? '').includes('application/openmetrics-text')
    const body = exposition(this.#store.families, { isOpenMetrics, timestamps: config.send_timestamps })
    const contentType = isOpenMetrics ? openMetricsType : textType
    const answer = { status: 200, headers: { 'content-type': contentType, vary: 'accept, accept-encoding' }, body }
    const takesGzip = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
    if (!takesGzip || body.length < minCompressedBytes) return answer
    return { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' }, body: await compress(body) }
  }

  #refuse(reason: Refusal, metric: string): void {
    this.#refused.add(1, { reason })
    if (this.#warned.has(reason)) return
    this.#warned.add(reason)
    this.#options.services.logger.warn({ reason, metric }, 'points cannot be shown to Prometheus; they are counted')
  }
}
