import { hasNatsServer } from '@weir/nats-connection/testing'
import { hasRedisServer } from '@weir/redis-connection/testing'
import { describe, expect, it } from 'vitest'
import { logTail, torture } from './torture.ts'
import { cases } from './torture-case.ts'

// The short version of `npm run torture`: each case with three kills. A small disk needs the right to mount one.
const short = cases.filter(({ smallDisk }) => smallDisk !== true)
const isThere = { nats: hasNatsServer, redis: hasRedisServer }

describe('a collector that is killed at random moments', () => {
  it.for(short)(
    '$name: loses no line, and raises the alerts of a run that was never killed ($description)',
    { timeout: 120_000 },
    async (kind, { skip }) => {
      if (kind.broker !== undefined && !isThere[kind.broker]) skip(`needs: apt-get install ${kind.broker}-server`)
      const report = await torture(kind, { seed: 20261126, kills: 3, maxLifeMs: 1500 })
      const { lost, unknown, missingAlerts, extraAlerts, conflictingAlerts, folder } = report
      expect({ lost, unknown, missingAlerts, extraAlerts, conflictingAlerts }, folder && logTail(folder)).toEqual({
        ...{ lost: 0, unknown: 0, missingAlerts: [], extraAlerts: [], conflictingAlerts: [] },
      })
      expect(report.alerts).toBeGreaterThan(0)
      expect(report.killsAtWork).toBeGreaterThan(0)
    },
  )
})
