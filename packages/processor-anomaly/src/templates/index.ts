/**
 * The template miner by itself, for benchmarks and tools: what `new_pattern` uses.
 * @packageDocumentation
 */
export { MessageReader } from './message-reader.ts'
export { TemplateMiner } from './template-miner.ts'
