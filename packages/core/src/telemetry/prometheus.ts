import { metrics } from '@opentelemetry/api'

export interface PrometheusOptions {
  host: string
  port: number
}

/**
 * Serves the metrics for Prometheus, by OpenTelemetry's own SDK and exporter. Must run before the first instrument is
 * made. The SDK is loaded only here: who brings their own never pays for ours.
 * @returns how to stop it
 */
export async function startPrometheus({ host, port }: PrometheusOptions): Promise<() => Promise<void>> {
  const { PrometheusExporter } = await import('@opentelemetry/exporter-prometheus')
  const { MeterProvider } = await import('@opentelemetry/sdk-metrics')
  const exporter = new PrometheusExporter({ host, port, preventServerStart: true, withoutTargetInfo: true })
  await exporter.startServer()
  const provider = new MeterProvider({ readers: [exporter] })
  metrics.setGlobalMeterProvider(provider)
  return async () => {
    metrics.disable()
    await provider.shutdown()
  }
}
