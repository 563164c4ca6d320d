import type { Clock, Timer } from '@weir/sdk'

/** The machine's clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  after(ms: number, callback: () => void): Timer {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  }

  every(ms: number, callback: () => void): Timer {
    const timer = setInterval(callback, ms)
    return { cancel: () => clearInterval(timer) }
  }

  sleep(ms: number, abortSignal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (abortSignal?.aborted) return reject(abortSignal.reason)
      const onAbort = () => {
        clearTimeout(timer)
        reject(abortSignal?.reason)
      }
      const timer = setTimeout(() => {
        abortSignal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      abortSignal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
