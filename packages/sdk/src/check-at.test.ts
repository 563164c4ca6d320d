import { describe, expect, it } from 'vitest'
import { checkAt } from './check-at.ts'
import { WeirError } from './errors.ts'

const fault = () => {
  throw new WeirError('no such unit', { code: 'WEIR_UNIT', hint: 'write ms', configPath: ['unit'] })
}

describe('checkAt', () => {
  it('says where in the config a fault is, however deep', () => {
    const check = () => checkAt(['metrics', 2], () => checkAt(['format'], fault))
    expect(check).toThrow(
      expect.objectContaining({
        message: 'no such unit',
        code: 'WEIR_UNIT',
        hint: 'write ms',
        configPath: ['metrics', 2, 'format', 'unit'],
      }),
    )
  })

  it('lets a bug be a bug', () => {
    const bug = new TypeError('undefined is not a function')
    expect(() =>
      checkAt(['unit'], () => {
        throw bug
      }),
    ).toThrow(bug)
    expect(checkAt(['unit'], () => 1)).toBe(1)
  })
})
