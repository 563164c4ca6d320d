import type { Clock } from '@weir/sdk'

/** Real time, for tests with processes that cannot be told the time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms)
    return { cancel: () => clearInterval(timer) }
  },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
