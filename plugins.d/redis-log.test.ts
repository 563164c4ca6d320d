import { harness, parserContract } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import redisLog from './redis-log.ts'

const lines = [
  '1234:M 24 Nov 2026 13:55:36.123 * Ready to accept connections',
  '1234:M 24 Nov 2026 13:55:37.001 # WARNING overcommit_memory is set to 0!',
  '17:C 24 Nov 2026 13:56:00.250 - DB saved on disk',
]

describe('the log of a Redis server', () => {
  it('has a time, a severity, a process and a message', async () => {
    const { records } = await harness(redisLog).feed(lines)
    expect(records).toEqual([
      {
        time: Date.UTC(2026, 10, 24, 13, 55, 36, 123),
        severityNumber: 10,
        severityText: 'INFO2',
        body: 'Ready to accept connections',
        attributes: { 'process.pid': 1234, 'redis.role': 'primary' },
      },
      expect.objectContaining({ severityNumber: 13, body: 'WARNING overcommit_memory is set to 0!' }),
      expect.objectContaining({ severityNumber: 9, attributes: { 'process.pid': 17, 'redis.role': 'child' } }),
    ])
  })

  for (const { name, run } of parserContract(redisLog, { lines })) it(name, run)
})
