import { checkEndpoint, httpServerServices } from '@weir/http-server'
import { defineExporter } from '@weir/sdk'
import { config } from './config.ts'
import { PrometheusExporter } from './prometheus-exporter.ts'

export default defineExporter({
  type: 'prometheus',
  description: 'Shows metrics for Prometheus to scrape',
  config,
  check: checkEndpoint,
  inject: httpServerServices,
  accepts: ['metrics'],
  create: ({ config, ...services }) => new PrometheusExporter({ config, services }),
})
