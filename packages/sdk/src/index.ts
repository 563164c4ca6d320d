/** Everything that a Weir plugin imports. */
export {
  type Alert,
  type AlertReport,
  type AlertSeverity,
  type AlertState,
  alertEventName,
  alertLayout,
  appendAlert,
  asAlert,
  type ContributingAlert,
} from './alert.ts'
export type { Authenticator, Identity, RequestHeaders } from './authenticator.ts'
export { type BatchOptions, LogBatch, type Scope, type Signal } from './batch.ts'
export { BatchMemory } from './batch-memory.ts'
export { Cell, endOf, kindOf, maxBatchBytes } from './cell.ts'
export { checkAt } from './check-at.ts'
export type { Checkpoint } from './checkpoint.ts'
export type {
  AlertEntry,
  CollectorStatus,
  ExporterStatus,
  Phase,
  PipelineStatus,
  QueueStatus,
  ReceiverStatus,
} from './collector-status.ts'
export { copyRecord } from './copy-record.ts'
export {
  type Context,
  type Definition,
  defineConnector,
  defineDetector,
  defineExporter,
  defineExtension,
  defineParser,
  defineProcessor,
  defineReceiver,
  isDefinition,
  type Kind,
  type Stability,
  sections,
} from './define.ts'
export type { Delivery, LineSource, Lines, LinesDelivery, Output } from './delivery.ts'
export type { Detector, Report } from './detector.ts'
export { type DetectorSettings, detectorKeys, detectorSettings } from './detector-keys.ts'
export { Dissection, type DissectionOptions, dissect } from './dissect.ts'
export {
  isPermanentError,
  isRetryableError,
  isWeirError,
  messageOf,
  PermanentError,
  type PermanentErrorOptions,
  RetryableError,
  type RetryableErrorOptions,
  WeirError,
  type WeirErrorOptions,
} from './errors.ts'
export type { ExportContext, Exporter } from './exporter.ts'
export type { Extension } from './extension.ts'
export { type FieldReader, fieldReader, readColumn, readPath, rootFields } from './field.ts'
export { type FieldWriter, fieldSlot, fieldWriter } from './field-writer.ts'
export { type AttributeColumn, bodySlot, type Column, type FieldName, Layout, lineSlot } from './layout.ts'
export { type DissectField, LineDissector, lineWords } from './line-dissector.ts'
export { appendMetric, asMetric, type MetricPoint, metricEventName } from './metric.ts'
export { NdjsonEncoder, type NdjsonNames, type NdjsonOptions } from './ndjson.ts'
export { nearest } from './nearest.ts'
export { clip, isoTime, type Notice, noticeLabel, noticeOf } from './notice.ts'
export {
  type PackedBatch,
  packBatch,
  packedBuffers,
  packedView,
  rebase,
  transferList,
  unpackBatch,
} from './packed-batch.ts'
export { parseByBatch } from './parse-by-batch.ts'
export type { Parser } from './parser.ts'
export { printable, printableJson } from './printable.ts'
export { type Flushed, flushedBatches, type Processor } from './processor.ts'
export type { Receiver } from './receiver.ts'
export { Attributes, Record } from './record.ts'
export { RecordParser } from './record-parser.ts'
export { resolveConfig } from './resolve-config.ts'
export {
  Condition,
  DissectPattern,
  Duration,
  Expression,
  FieldPath,
  FieldTarget,
  FilePath,
  OneOf,
  Pattern,
  PipelineReference,
  Reference,
  Secret,
  Size,
  type Static,
  Template,
  TimeZoneName,
  type TSchema,
  Type,
} from './schema.ts'
export { Severity, severityName, severityOf, severityOfLevelNumber, severityOfStatus } from './severity.ts'
export { StreamLines, type StreamLinesOptions } from './stream-lines.ts'
export { parseTemplate, renderTemplate, type TemplateMarks, type TemplatePart } from './template.ts'
export { TimeZone } from './time-zone.ts'
export { type TimestampOptions, TimestampReader } from './timestamp.ts'
export {
  Authenticators,
  Batches,
  Clock,
  type CompiledPattern,
  ComponentId,
  Conditions,
  ConnectorOutput,
  type Counter,
  createToken,
  Detectors,
  type DetectorType,
  Expressions,
  type Gauge,
  type Histogram,
  type Injected,
  Logger,
  Meter,
  type MetricOptions,
  Parsers,
  type ParserType,
  type PatternMatch,
  Patterns,
  RunMode,
  State,
  Status,
  Stopping,
  Terminal,
  type Timer,
  type Token,
  type Tokens,
} from './token.ts'
export { durationPattern, formatDuration, parseDuration, parseSize, sizePattern } from './units.ts'
export { type AttributeMap, type AttributeValue, attributeMap, textOf } from './value.ts'
