/** `weir test`: runs the pipelines of a config with what a test file gives them, and compares what passes their points. */
export type { DifferenceLine } from './difference.ts'
export type { TestFileReport, TestOptions, TestOutcome } from './pipeline-tests.ts'
export type { TestFailure } from './run-test.ts'
export { testsSchema } from './test-schema.ts'
export { runTestFile } from './test-thread.ts'
