import { receiverContract } from '@weir/sdk/testing'
import { describe, it } from 'vitest'
import definition from './index.ts'

describe('stdin', () => {
  for (const { name, run } of receiverContract(definition, {})) it(name, run)
})
