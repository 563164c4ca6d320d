import { harness, parserContract } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.ts'

const lines = ['ERROR|ann|no space left', 'INFO|bob|hello']

describe('my_plugin', () => {
  it('reads level, user and message', async () => {
    const { records, failures } = await harness(plugin).feed('ERROR|ann|no space left\nsomething else\n')
    expect(records[0]).toEqual({
      severityNumber: 17,
      severityText: 'ERROR',
      body: 'no space left',
      attributes: { 'user.name': 'ann' },
    })
    expect(failures).toBe(1)
  })

  for (const { name, run } of parserContract(plugin, { lines })) it(name, run)
})
