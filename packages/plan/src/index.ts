/** Plans the graph of a config: which components feed which, or what is wrong with it. */
export { deadLetterOf, feeds } from './dead-letter-targets.ts'
export { type Plan, type PlannedPipeline, planGraph } from './plan.ts'
export { references } from './references.ts'
export { relatedPipelines } from './related-pipelines.ts'
