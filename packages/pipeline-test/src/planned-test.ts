import type { ComponentConfig, ConfigPath, Position } from '@weir/config'
import type { TapPlace } from '@weir/control'
import type { LineSource } from '@weir/sdk'
import type { ExpectationSpec, RecordSpec } from './test-schema.ts'

/** Where records are put in that no receiver sends: a pipeline, before the processor at an index. */
export interface Entry {
  readonly pipeline: string
  readonly processorIndex: number
}

export type PlannedInput =
  | { readonly receiver: ComponentConfig; readonly lines: Buffer; readonly source: LineSource }
  | { readonly receiver: ComponentConfig; readonly records: readonly RecordSpec[] }
  | { readonly entry: Entry; readonly records: readonly RecordSpec[] }

export interface PlannedExpectation {
  /** As the test names it; `alerts` for all alerts. */
  readonly point: string
  readonly places: readonly TapPlace[]
  readonly spec: ExpectationSpec
  readonly path: ConfigPath
}

/** A test whose ids are those of a config. */
export interface PlannedTest {
  readonly name: string
  readonly position: Position | undefined
  /** `10s`: how long it may take; the file's if left out. */
  readonly timeout: string | undefined
  readonly inputs: readonly PlannedInput[]
  readonly expectations: readonly PlannedExpectation[]
}
