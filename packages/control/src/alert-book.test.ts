import { type Alert, appendAlert, LogBatch } from '@weir/sdk'
import { expect, it } from 'vitest'
import { AlertBook } from './alert-book.ts'

const alert = (number: number, state: Alert['state'] = 'firing'): Alert => ({
  id: `id ${number} ${state}`,
  fingerprint: `alert ${number}`,
  rule: 'rate',
  state,
  severity: 'warning',
  title: `title ${number}`,
  time: number,
  startedAt: number,
  count: 1,
  group: {},
})

function bookOf(...alerts: Alert[]): AlertBook {
  const book = new AlertBook()
  const batch = new LogBatch({ signal: 'alerts' })
  for (const one of alerts) appendAlert(batch, one)
  book.see(batch)
  return book
}

it('has each alert as it was last reported: those that fire first, the latest first', () => {
  const book = bookOf(alert(1), alert(2), alert(3), alert(2, 'resolved'), alert(1))
  expect(book.firing).toBe(2)
  expect(book.latest(10).map(({ title, state }) => `${title} ${state}`)).toEqual([
    'title 1 firing',
    'title 3 firing',
    'title 2 resolved',
  ])
})

it('forgets the alert that was heard of longest ago when there are very many', () => {
  const book = bookOf(...Array.from({ length: 300 }, (_, index) => alert(index)), alert(120))
  expect(book.firing).toBe(200)
  expect(book.latest(1)).toMatchObject([{ title: 'title 120' }])
  expect(book.latest(300).at(-1)).toMatchObject({ title: 'title 100' })
})

it('passes over records that are no alerts', () => {
  const book = new AlertBook()
  const batch = new LogBatch({ signal: 'alerts' })
  batch.append().body = 'just a line'
  book.see(batch)
  expect(book.latest(10)).toEqual([])
})
