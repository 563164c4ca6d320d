import { describe, expect, it } from 'vitest'
import { fieldReader } from './field.ts'
import { batchOf } from './testing/harness.ts'

const read = (path: string, input: Parameters<typeof batchOf>[0][number]) => {
  const reader = fieldReader(path)
  return Array.from(batchOf([input]), reader)[0]
}

describe('a field path', () => {
  it('reads flat and nested keys alike', () => {
    for (const attributes of [
      { 'http.response.status_code': 500 },
      { http: { response: { status_code: 500 } } },
      { 'http.response': { status_code: 500 } },
      { http: { 'response.status_code': 500 } },
    ]) {
      expect(read('attributes.http.response.status_code', { attributes })).toBe(500)
    }
  })

  it('prefers the flat key, and finds what only a shorter one has', () => {
    expect(read('attributes.a.b', { attributes: { 'a.b': 'flat', a: { b: 'nested' } } })).toBe('flat')
    expect(read('attributes.a.b', { attributes: { a: { b: 'nested' } } })).toBe('nested')
  })

  it('reads the record’s own fields', () => {
    const input = { time: 5, severityNumber: 17, body: { user: { id: 7 } } }
    expect([
      read('time', input),
      read('severityNumber', input),
      read('severityText', input),
      read('body.user.id', input),
    ]).toEqual([5, 17, 'ERROR', 7])
  })

  it('takes a path without a root as an attribute’s', () => {
    expect(read('user', { attributes: { user: 'x' } })).toBe('x')
  })

  it('is undefined where there is nothing, whatever the key is called', () => {
    expect(read('attributes.nothing', {})).toBeUndefined()
    expect(read('attributes.__proto__.x', {})).toBeUndefined()
    expect(read('body.length', { body: 'text' })).toBeUndefined()
  })
})
