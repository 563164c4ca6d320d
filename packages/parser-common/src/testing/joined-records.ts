import type { Definition, Parser } from '@weir/sdk'
import { createComponent, parseColumnar, type TestServices, testServices } from '@weir/sdk/testing'

/** The records of lines as texts, with the lines that the parser says continue the record before, as the stage joins them. */
export function joinedRecords(
  definition: Definition<'parser', Parser>,
  text: string,
  services: Partial<TestServices> = {},
): string[] {
  const shared = createComponent(definition, {}, testServices(services))
  const parser = shared.open?.({ id: 'test' }) ?? shared
  const records: string[] = []
  for (const batch of parseColumnar(parser, text)) {
    for (let row = 0; row < batch.rowCount; row++) {
      const line = batch.line(row)
      const isMore = row > 0 && batch.failures.includes(row) && parser.continues?.(line, batch.line(row - 1))
      if (isMore) records.push(`${records.pop()}\n${line}`)
      else records.push(line)
    }
  }
  return records
}
