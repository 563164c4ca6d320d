import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

describe('nearest', () => {
  const words = ['include', 'exclude', 'start_at', 'parser']

  it.each([
    ['inclde', 'include'],
    ['includee', 'include'],
    ['Exclude', 'exclude'],
    ['tsart_at', 'start_at'],
  ])('takes %s for %s', (written, meant) => expect(nearest(written, words)).toBe(meant))

  it('suggests nothing for a word that is like none of them', () => {
    expect(nearest('encoding', words)).toBeUndefined()
    expect(nearest('x', [])).toBeUndefined()
  })
})
