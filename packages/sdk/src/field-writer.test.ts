import { expect, it } from 'vitest'
import { fieldReader } from './field.ts'
import { fieldSlot, fieldWriter } from './field-writer.ts'
import { batchOf, plainRecords } from './testing/index.ts'
import type { AttributeValue } from './value.ts'

const record = () =>
  batchOf([
    {
      time: 1,
      body: { user: { id: 7 } },
      severityNumber: 9,
      attributes: { 'url.path': '/a', user: { id: 1, n: 'x' } },
    },
  ])

/** What a field reads after it was written. */
function written(path: string, value: AttributeValue | undefined, read = path): unknown {
  const [row] = record()
  if (row === undefined) throw new Error('no record')
  fieldWriter(path)(row, value)
  return fieldReader(read)(row)
}

it.each([
  ['attributes.url.path', '/b'],
  ['url.path', '/b'],
  ['attributes.new.name', { deep: [1] }],
  ['attributes.user.id', 2],
  ['attributes.user.new', 2],
  ['body', 'text'],
  ['body.user.id', 8],
  ['body.other', true],
  ['severityNumber', 17],
  ['severityText', 'oops'],
  ['time', 1_764_000_000_000],
  ['traceId', '0af7651916cd43dd8448eb211c80319c'],
  ['eventName', 'e'],
])('what is written at %s is read there', (path, value) => {
  expect(written(path, value)).toEqual(value)
})

it.each(['attributes.url.path', 'attributes.user.id', 'body', 'body.user.id', 'eventName'])('removes %s', (path) => {
  expect(written(path, undefined)).toBeUndefined()
})

it('leaves the rest of a map as it is', () => {
  expect(written('attributes.user.id', 2, 'attributes.user')).toEqual({ id: 2, n: 'x' })
  expect(written('attributes.user.id', undefined, 'attributes.user')).toEqual({ n: 'x' })
})

it('takes words for severities and dates for times, and leaves a field that cannot hold a value', () => {
  expect(written('severityNumber', 'warning')).toBe(13)
  expect(written('severityNumber', 99)).toBe(9)
  expect(written('time', '2026-11-24T10:00:00Z')).toBe(Date.parse('2026-11-24T10:00:00Z'))
  expect(written('time', 'soon')).toBe(1)
})

it.each(['resource.service.name', 'resource', 'observedTime', 'time.x'])('refuses %s', (path) => {
  expect(() => fieldWriter(path)).toThrow(expect.objectContaining({ code: 'WEIR_FIELD_READ_ONLY' }))
})

it('writes keys such as __proto__ as data', () => {
  expect(written('attributes.__proto__', 'x')).toBe('x')
  expect(written('body.__proto__', 'x')).toBe('x')
  expect(Reflect.get({}, 'x')).toBeUndefined()
})

it('removes from one record what the whole batch has', () => {
  const batch = batchOf(['a', 'b'])
  batch.attributes = { 'log.file.path': '/x', host: 'h' }
  const [first] = batch
  first?.attributes.delete('log.file.path')
  expect(plainRecords(batch).map(({ attributes }) => attributes)).toEqual([
    { host: 'h' },
    { 'log.file.path': '/x', host: 'h' },
  ])
})

it('finds the column of a field that has one', () => {
  const { layout } = record()
  expect(layout.columns[fieldSlot('attributes.url.path')(layout)]?.name).toBe('url.path')
  expect(fieldSlot('url.path')(layout)).toBe(fieldSlot('attributes.url.path')(layout))
  expect(['attributes.nope', 'severityText', 'body.x'].map((path) => fieldSlot(path)(layout))).toEqual([-1, -1, -1])
})
