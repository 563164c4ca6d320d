/** Tools to test a plugin: one component with injected clock, state and channels, and the contract of each kind. */
export { CollectingOutput } from './collecting-output.ts'
export { type Contract, detectorContract, exporterContract, parserContract, receiverContract } from './contract.ts'
export { batchOf, detectorHarness, type HarnessOptions, type Input, parserHarness } from './harness.ts'
export { parseColumnar, parseSimply } from './parsing.ts'
export { type PlainRecord, plainRecord, plainRecords } from './plain-record.ts'
export { createComponent, MemoryLogger, MemoryMeter, MemoryState, type TestServices, testServices } from './services.ts'
export { settle, TestClock } from './test-clock.ts'
