import { Buffer } from 'node:buffer'
import type { Definition, Parser } from '@weir/sdk'
import {
  createComponent,
  type PlainRecord,
  parseColumnar,
  parseSimply,
  plainRecords,
  type TestServices,
  testServices,
} from '@weir/sdk/testing'

/** Feeds text to `parseBatch`, and holds what comes out to what `parse` says of the same lines. */
export function columnarHarness(
  definition: Definition<'parser', Parser>,
  config: unknown = {},
  services: Partial<TestServices> = {},
) {
  const create = () => {
    const parser = createComponent(definition, config, testServices(services))
    return parser.open?.({ id: 'test' }) ?? parser
  }
  return {
    feed(text: string | Buffer, cuts: number[] = []): { records: PlainRecord[]; failures: number } {
      const batches = parseColumnar(create(), Buffer.from(text), cuts)
      return {
        records: batches.flatMap(plainRecords),
        failures: batches.reduce((sum, { failures }) => sum + failures.length, 0),
      }
    },
    feedSimply(text: string | Buffer): PlainRecord[] {
      return plainRecords(parseSimply(create(), text))
    },
  }
}
