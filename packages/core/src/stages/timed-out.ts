import { RetryableError } from '@weir/sdk'

/** An attempt took longer than `timeout`. */
export class TimedOut extends RetryableError {
  constructor(component: string, timeoutMs: number) {
    super(`${component}: no answer within ${timeoutMs} ms`, { code: 'WEIR_EXPORT_TIMEOUT', component })
  }
}
