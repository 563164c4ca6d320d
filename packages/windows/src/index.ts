/** Windows over event time, and figures of what falls into them, for plugins that compute over streams of records. */
export { DistinctSketch } from './distinct-sketch.ts'
export { type Cuts, EventTime } from './event-time.ts'
export { type PaneKind, Panes } from './panes.ts'
export { bucketOf, middleOf, QuantileSketch } from './quantile-sketch.ts'
export { Saved, savedTime } from './saved.ts'
export { type SessionKind, type SessionLimits, Sessions } from './sessions.ts'
export { type Aggregate, aggregates, Summary } from './summary.ts'
