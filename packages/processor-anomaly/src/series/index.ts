/**
 * The scores of a series by themselves, for benchmarks and tools: what the detector `series` uses.
 * @packageDocumentation
 */
export { Peaks } from './peaks.ts'
export { SeriesScorer } from './series-scorer.ts'
