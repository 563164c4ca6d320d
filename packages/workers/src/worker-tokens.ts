import { compileCondition, compileExpression, compilePattern } from '@weir/expressions'
import type { Tokens } from '@weir/sdk'
import { SystemClock } from '@weir/telemetry'

/** What a component can have in a worker thread: what keeps nothing and talks to nobody. */
export const workerTokens: { readonly [name: string]: unknown } = {
  clock: new SystemClock(),
  conditions: { compile: compileCondition },
  expressions: { compile: compileExpression },
  patterns: { compile: compilePattern },
}

export const canRunInWorker = (inject: Tokens = {}): boolean =>
  Object.values(inject).every(({ name }) => name in workerTokens)
