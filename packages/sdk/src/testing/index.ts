/** Tools to test a plugin: one component with injected clock, state and channels, and the contract of each kind. */
export { alertsOf, sampleAlert } from './alerts.ts'
export { CollectingOutput } from './collecting-output.ts'
export type { Contract, ContractOptions } from './contracts/contract.ts'
export { detectorContract } from './contracts/detector.ts'
export { type ExporterContractOptions, exporterContract } from './contracts/exporter.ts'
export { extensionContract } from './contracts/extension.ts'
export { parserContract } from './contracts/parser.ts'
export { processorContract } from './contracts/processor.ts'
export { type ReceiverContractOptions, receiverContract } from './contracts/receiver.ts'
export { batchOf, detectorHarness, type HarnessOptions, type Input, parserHarness } from './harness.ts'
export {
  type DetectorHarness,
  type ExporterHarness,
  type ExtensionHarness,
  harness,
  type ParserHarness,
  type ProcessorHarness,
  type ReceiverHarness,
} from './kind-harness.ts'
export { parseColumnar, parseSimply } from './parsing.ts'
export { type PlainRecord, plainRecord, plainRecords } from './plain-record.ts'
export { createComponent, MemoryLogger, MemoryMeter, MemoryState, type TestServices, testServices } from './services.ts'
export { settle, TestClock } from './test-clock.ts'
