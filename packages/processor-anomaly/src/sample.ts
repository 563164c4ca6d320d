import { type Record, textOf } from '@weir/sdk'

/** Longest sample: enough to recognise a line, little enough for an alert. */
const maxLength = 400

/** The record as a line to show: as it came, or its body. Cut, so that what is kept is small. */
export function sampleOf(record: Record): string {
  const text = record.line || textOf(record.body)
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`
}
