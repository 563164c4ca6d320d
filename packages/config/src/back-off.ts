export interface BackOffOptions {
  initial_interval: number
  max_interval: number
  multiplier: number
}

/**
 * Wait before the next attempt, in milliseconds: drawn evenly between 0 and an exponentially growing bound ("full
 * jitter"), so that many senders that failed together do not come back together.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backOff(attempt: number, options: BackOffOptions, random: () => number = Math.random): number {
  const bound = Math.min(options.max_interval, options.initial_interval * options.multiplier ** (attempt - 1))
  return bound * random()
}
