import type { AttributeMap, AttributeValue, LogBatch, Record } from '@weir/sdk'

/** A record that was held back, and its like: what is told of them once their window is over. */
export interface Repeats {
  count: number
  firstTime: number
  lastTime: number
  readonly body: AttributeValue | undefined
  readonly severityNumber: number
  readonly severityText: string
  readonly attributes: AttributeMap
}

/** The first record that repeats another. */
export function repeatOf(record: Record, time: number): Repeats {
  const { body, severityNumber, severityText, attributes } = record
  return {
    ...{ count: 1, firstTime: time, lastTime: time },
    ...{ body, severityNumber, severityText, attributes: attributes.toMap() },
  }
}

const isoTime = (time: number): AttributeValue => (Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : null)

/** Adds a record that stands for repeats: the first of them, with their count and the time of the last. */
export function appendRepeats(batch: LogBatch, repeats: Repeats, countAttribute: string): void {
  const record = batch.append()
  record.time = repeats.lastTime
  record.severityNumber = repeats.severityNumber
  if (repeats.severityText !== record.severityText) record.severityText = repeats.severityText
  record.body = repeats.body
  for (const [name, value] of Object.entries(repeats.attributes)) record.attributes.set(name, value)
  record.attributes
    .set(countAttribute, repeats.count)
    .set('first_observed_timestamp', isoTime(repeats.firstTime))
    .set('last_observed_timestamp', isoTime(repeats.lastTime))
}
