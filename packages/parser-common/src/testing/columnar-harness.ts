import type { Buffer } from 'node:buffer'
import type { Definition, Parser } from '@weir/sdk'
import {
  createComponent,
  type PlainRecord,
  parseColumnar,
  plainRecords,
  type TestServices,
  testServices,
} from '@weir/sdk/testing'

/** Rows of a batch: few, so that most inputs take more than one. */
const capacity = 64

/** Runs one parser on the columnar level: `const { records } = columnarHarness(definition).feed('a line\n')`. */
export function columnarHarness(
  definition: Definition<'parser', Parser>,
  config: unknown = {},
  services: Partial<TestServices> = {},
) {
  return {
    feed(text: string | Buffer): { records: PlainRecord[]; failures: number } {
      const parser = createComponent(definition, config, testServices(services))
      const batches = parseColumnar(parser.open?.({ id: 'test' }) ?? parser, text, [], capacity)
      return {
        records: batches.flatMap(plainRecords),
        failures: batches.reduce((sum, { failures }) => sum + failures.length, 0),
      }
    },
  }
}
