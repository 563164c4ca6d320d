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
export type { Plan, PlannedPipeline } from './graph/plan.ts'
export { type LearnOptions, type LearnReport, type Learnt, learn } from './learning/learn.ts'
export type { DifferenceLine } from './pipeline-test/difference.ts'
export type { TestFileReport, TestOptions, TestOutcome } from './pipeline-test/pipeline-tests.ts'
export type { TestFailure } from './pipeline-test/run-test.ts'
export { testsSchema } from './pipeline-test/test-schema.ts'
export { runTestFile } from './pipeline-test/test-thread.ts'
export type { PluginProblem } from './plugins/load-plugins.ts'
export { type InstalledPlugin, PluginFolder, type PluginOrigin, type PluginUpdate } from './plugins/plugin-folder.ts'
export { type RegisteredType, Registry } from './plugins/registry.ts'
export { type Prepared, type PrepareOptions, prepare } from './prepare.ts'
export { type StateEntry, StateInspector, type StoredQueue } from './state/state-inspector.ts'
export { locateStateDir } from './state/state-location.ts'
export type { LogLevel } from './telemetry/logger.ts'
export { type Reading, Telemetry } from './telemetry/telemetry.ts'
