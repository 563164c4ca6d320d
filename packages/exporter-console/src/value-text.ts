import { type AttributeValue, printable, textOf } from '@weir/sdk'

/** Characters of a value that are looked at where the line is cut anyway. */
const maxLength = 4096

/** A value for people: on one line, numbers with the digits that matter. */
export const valueText = (value: AttributeValue | undefined, isCut = true): string => {
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)))
  const text = textOf(value)
  return printable(isCut ? text.slice(0, maxLength) : text)
}

/** The name of an attribute without what all of them begin with. */
export const shortPath = (path: string): string => printable(path.replace(/^attributes\./, ''))

/** `2026-11-24 14:13:19.123Z`, or nothing if there is no such time. */
export const timeText = (ms: number): string =>
  Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().replace('T', ' ') : ''
