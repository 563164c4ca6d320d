/** Weir's runtime, as the command and embedders use it. */
export type {
  AlertEntry,
  CollectorStatus,
  ExporterStatus,
  PipelineStatus,
  QueueStatus,
  ReceiverStatus,
} from '@weir/sdk'
export { Collector, type CollectorOptions } from './collector.ts'
export type { Plan, PlannedPipeline } from './graph/plan/plan.ts'
export { feeding, type Outputs, silent } from './graph/stand-in.ts'
export { type LearnOptions, type LearnReport, type Learnt, learn } from './learning/learn.ts'
export type { PluginProblem } from './plugins/load-plugins.ts'
export { type InstalledPlugin, PluginFolder, type PluginOrigin, type PluginUpdate } from './plugins/plugin-folder.ts'
export { type RegisteredType, Registry } from './plugins/registry.ts'
export { type Prepared, type PrepareOptions, prepare } from './prepare.ts'
export { type StateEntry, StateInspector, type StoredQueue } from './state/state-inspector.ts'
export { locateStateDir } from './state/state-location.ts'
export type { LogLevel } from './telemetry/logger.ts'
export { type Reading, Telemetry } from './telemetry/telemetry.ts'
