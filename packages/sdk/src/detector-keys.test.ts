import { expect, it } from 'vitest'
import { detectorSettings } from './detector-keys.ts'

it('fills in what the operator left out, in milliseconds', () => {
  expect(detectorSettings({ window: 5, group_by: ['attributes.host'], cooldown: '1h' })).toMatchObject({
    group_by: ['attributes.host'],
    cooldown: 3_600_000,
    resolve_after: 600_000,
    allowed_lateness: 5000,
    max_groups: 1000,
  })
})

it('takes durations that are milliseconds already', () => {
  expect(detectorSettings({ cooldown: 250 }).cooldown).toBe(250)
})
