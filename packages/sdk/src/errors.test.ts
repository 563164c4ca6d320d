import { expect, it } from 'vitest'
import { isPermanentError, isRetryableError, isWeirError, PermanentError, RetryableError, WeirError } from './errors.ts'

it('errors are told apart by brand', () => {
  const errors = [
    new WeirError('x', { code: 'X' }),
    new RetryableError('x', { retryAfter: 5 }),
    new PermanentError('x'),
    new Error('x'),
    'x',
    null,
  ]
  expect(errors.map(isWeirError)).toEqual([true, true, true, false, false, false])
  expect(errors.map(isRetryableError)).toEqual([false, true, false, false, false, false])
  expect(errors.map(isPermanentError)).toEqual([false, false, true, false, false, false])
})

it('an error of another copy of the SDK is recognised', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('weir.error')]: 'retryable' })
  expect(isRetryableError(foreign)).toBe(true)
})
