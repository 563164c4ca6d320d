import { isWeirError, messageOf } from '@weir/sdk'

/** An error as it stands in a log line: what happened, and what can be done about it. */
export function reasonOf(error: unknown): { error: string; hint?: string } {
  const hint = isWeirError(error) ? error.hint : undefined
  return { error: messageOf(error), ...(hint === undefined ? {} : { hint }) }
}
