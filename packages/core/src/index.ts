/** Weir's runtime, as the command and embedders use it. */
export { Collector, type CollectorOptions } from './collector.ts'
export { type Prepared, type PrepareOptions, prepare } from './prepare.ts'
export { type Plan, type PlannedPipeline } from './graph/plan.ts'
export { Registry, type RegisteredType } from './plugins/registry.ts'
export type { PluginProblem } from './plugins/load-plugins.ts'
export { type Reading, Telemetry } from './telemetry/telemetry.ts'
export type { LogLevel } from './telemetry/logger.ts'
