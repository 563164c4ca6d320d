/** What a collector tells of itself: log, metrics, and the endpoint for them. */

export type { Logger as PinoLogger } from 'pino'
export type { Backlog } from './backlog.ts'
export { componentLogger, createLogger, type LogLevel } from './logger.ts'
export { PrometheusEndpoint } from './prometheus.ts'
export { reasonOf } from './reason.ts'
export { ExporterMetrics, PipelineMetrics, ReceiverMetrics } from './stage-metrics.ts'
export { SystemClock } from './system-clock.ts'
export { type Reading, Telemetry } from './telemetry.ts'
