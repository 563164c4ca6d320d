import type { ComponentConfig } from '@weir/config'
import type { Kind } from '@weir/sdk'
import { expect, it } from 'vitest'
import { findCycle, upstreamFirst } from './order.ts'
import type { PlannedPipeline } from './plan.ts'
import { relatedPipelines } from './related-pipelines.ts'

const component = (kind: Kind, id: string): ComponentConfig => ({
  ...{ kind, id, type: id, raw: {}, resolved: {}, path: [] },
})
const pipeline = (name: string, parts: Partial<PlannedPipeline>): PlannedPipeline => ({
  ...{ name, signal: 'logs', receivers: [], connectors: [], processors: [], exporters: [], deadLetters: [] },
  ...parts,
})
const names = (pipelines: readonly PlannedPipeline[]) => pipelines.map(({ name }) => name)

const file = component('receiver', 'file')
const other = component('receiver', 'other')
const [one, two] = [component('connector', 'one'), component('connector', 'two')]
const sink = component('exporter', 'sink')

it('puts each pipeline before those that it feeds, by connectors and by dead letters', () => {
  const last = pipeline('logs/last', { connectors: [two], exporters: [sink] })
  const middle = pipeline('logs/middle', { connectors: [one], exporters: [two] })
  const dead = pipeline('logs/dead', { exporters: [sink] })
  const first = pipeline('logs/first', { receivers: [file], exporters: [one], deadLetters: ['logs/dead'] })
  const ordered = names(upstreamFirst([last, dead, middle, first]))
  expect(ordered.toSorted()).toEqual(['logs/dead', 'logs/first', 'logs/last', 'logs/middle'])
  const place = (name: string) => ordered.indexOf(name)
  expect(place('logs/first')).toBeLessThan(place('logs/middle'))
  expect(place('logs/middle')).toBeLessThan(place('logs/last'))
  expect(place('logs/first')).toBeLessThan(place('logs/dead'))
})

it('finds pipelines that feed each other in a circle, however long it is, and none where there is none', () => {
  const first = pipeline('a', { receivers: [file], connectors: [two], exporters: [one] })
  const second = pipeline('b', { connectors: [one], exporters: [two] })
  expect(findCycle([first, second])?.toSorted()).toEqual(['a', 'b'])
  expect(findCycle([pipeline('a', { ...first, connectors: [] }), second])).toBeUndefined()
  expect(findCycle([pipeline('a', { receivers: [file], exporters: [sink], deadLetters: ['a'] })])).toEqual(['a'])
})

it('joins pipelines that share a receiver or feed each other, and leaves others alone', () => {
  const sharing = [pipeline('a', { receivers: [file], exporters: [sink] }), pipeline('b', { receivers: [file] })]
  const fed = pipeline('c', { connectors: [one], exporters: [sink] })
  const feeding = pipeline('d', { receivers: [other], exporters: [one] })
  const groups = relatedPipelines({ pipelines: [...sharing, feeding, fed], extensions: [] })
  expect(groups.map((group) => names(group).toSorted())).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
})
