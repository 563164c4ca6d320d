import type { ConfigPath } from '@weir/config'
import type { DifferenceLine } from './difference.ts'

/** One way in which what was seen is not what was expected. */
export interface Shortfall {
  /** `expected 3 records, found 2` */
  readonly message: string
  /** Keys from the expectation to what was not met. */
  readonly path: ConfigPath
  readonly difference?: readonly DifferenceLine[]
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
export const records = (count: number): string => (count === 0 ? 'no record' : plural(count, 'record'))
export const alerts = (count: number): string => (count === 0 ? 'no alert' : plural(count, 'alert'))
