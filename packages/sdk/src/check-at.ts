import { isWeirError, WeirError } from './errors.ts'

/**
 * Runs a part of a definition's `check`, and gives what it gives: what it throws is a fault of the config at `path`, keys and list indices that lead
 * there from the component's own keys on. Paths add up where one is inside another.
 * @example
 * check: ({ metrics }) => metrics.forEach((metric, index) => checkAt(['metrics', index], () => checkMetric(metric)))
 */
export function checkAt<Result>(path: readonly (string | number)[], check: () => Result): Result {
  try {
    return check()
  } catch (error) {
    if (!isWeirError(error)) throw error
    const { message, code, hint, configPath } = error
    throw new WeirError(message, {
      code,
      configPath: [...path, ...configPath],
      ...(hint === undefined ? {} : { hint }),
    })
  }
}
