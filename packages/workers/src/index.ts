/** Parsers, processors and detectors in threads of their own, and what passes between. */
export { IsolatedDetectors } from './isolated-detector.ts'
export { IsolatedParser, remoteParserOf } from './isolated-parser.ts'
export { IsolatedProcessor } from './isolated-processor.ts'
export { IsolatedThread } from './isolated-thread.ts'
export { cannotIsolate, tokensBeyondIsolation } from './isolation-tokens.ts'
export type { ThreadGroup } from './thread-group.ts'
export { type RemoteParser, WorkerPool } from './worker-pool.ts'
export { canRunInWorker } from './worker-tokens.ts'
