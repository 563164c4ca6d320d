import { LogBatch, type Record } from '@weir/sdk'
import { Saved } from '@weir/windows'
import { expect, it } from 'vitest'
import { GroupName } from './group-name.ts'

const report = { title: 'rate fell to 0 records in 1m (usually 80)', severity: 'warning', time: 1 } as const

const recordOf = (text: string): Record => {
  const record = new LogBatch().append()
  record.attributes.set('log.template.text', text)
  return record
}

it('says first of which group an alert is', () => {
  const one = new GroupName(['service.name', 'attributes.url.path'], ['gateway', '/cart'])
  expect(one.on(report).title).toBe('gateway, /cart: rate fell to 0 records in 1m (usually 80)')
  expect(new GroupName(['service.name'], [null]).on(report).title).toMatch(/^\(none\): rate fell/)
  expect(new GroupName([], []).on(report)).toEqual(report)
})

it('shows the text of a template, not its id, as it has become', () => {
  const name = new GroupName(['attributes.log.template.id'], ['f5fae7b2183f'])
  expect(name.text).toBe('f5fae7b2183f')
  name.see(recordOf('order 17 placed'))
  name.see(recordOf('order <*> placed'))
  expect(name.on(report)).toMatchObject({
    title: '“order <*> placed”: rate fell to 0 records in 1m (usually 80)',
    evidence: { message: 'order <*> placed' },
  })
  const again = new GroupName(['attributes.log.template.id'], ['f5fae7b2183f'])
  again.restore(new Saved(JSON.parse(JSON.stringify(name.snapshot()))))
  expect(again.text).toBe(name.text)
})

it('shortens what is long in the title alone', () => {
  const name = new GroupName(['attributes.log.template.id'], ['f5'])
  name.see(recordOf('word '.repeat(60)))
  const { title, evidence } = name.on(report)
  expect(title.length).toBeLessThan(130)
  expect(title).toContain('…”: rate fell')
  expect(evidence?.message).toBe('word '.repeat(60))
})
