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
export { feeding, type Outputs, silent } from './graph/stand-in.ts'
export { type LearnOptions, type LearnReport, type Learnt, learn } from './learning/learn.ts'
export { type Prepared, type PrepareOptions, prepare } from './prepare.ts'
