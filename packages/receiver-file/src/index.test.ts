import { receiverContract } from '@weir/sdk/testing'
import { describe, it } from 'vitest'
import definition from './index.ts'

describe('file', () => {
  for (const { name, run } of receiverContract(definition, { config: { include: ['*.md'] } })) it(name, run)
})
