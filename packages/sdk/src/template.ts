import { WeirError } from './errors.ts'
import { type FieldReader, fieldReader } from './field.ts'
import type { Record } from './record.ts'
import { type AttributeValue, textOf } from './value.ts'

/** A part of a template: text as it stands, or a field to be read. */
export type TemplatePart = string | FieldReader

export interface TemplateMarks {
  readonly open: string
  readonly close: string
}

const iso = (ms: number): string | undefined => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined)

const dateParts: { readonly [letters: string]: readonly [from: number, to: number] } = {
  yyyy: [0, 4],
  MM: [5, 7],
  dd: [8, 10],
  HH: [11, 13],
  mm: [14, 16],
  ss: [17, 19],
}

/** When it happened, or was seen, in UTC and in the format: letters of `dateParts`, anything else as it stands. */
const dateReader = (format: string): FieldReader => {
  const parts = format.split(/(yyyy|MM|dd|HH|mm|ss)/).filter((part) => part !== '')
  let second = Number.NaN
  let text: string | undefined
  return ({ time, observedTime }) => {
    const at = Math.floor((Number.isNaN(time) ? observedTime : time) / 1000)
    if (at !== second) {
      const date = iso(at * 1000)
      text =
        date && parts.map((part) => (dateParts[part] === undefined ? part : date.slice(...dateParts[part]))).join('')
      second = at
    }
    return text
  }
}

/** A reader as `fieldReader` makes it, but times are read as RFC 3339 text. */
const readerOf = (path: string): FieldReader => {
  if (path.startsWith('time:')) return dateReader(path.slice('time:'.length))
  if (path === 'time') return (record) => iso(record.time)
  if (path === 'observedTime') return (record) => iso(record.observedTime)
  return fieldReader(path)
}

/**
 * Takes a template apart: `{time} {severityText} {body}`. Between the marks stands the dotted path of a field, as
 * `fieldReader` reads it, and `line` for the line as it came; a mark that stands twice is text. `time:yyyy.MM.dd` is the
 * record's time (the time when it was seen, if it has none) in UTC, by the letters yyyy, MM, dd, HH, mm and ss.
 * @throws WeirError `WEIR_TEMPLATE_INVALID` when a mark is missing or nothing stands between them
 */
export function parseTemplate(source: string, marks: TemplateMarks = { open: '{', close: '}' }): TemplatePart[] {
  const { open, close } = marks
  const invalid = (what: string) =>
    new WeirError(`the template ${JSON.stringify(source)} ${what}`, {
      code: 'WEIR_TEMPLATE_INVALID',
      hint: `write fields as ${open}attributes.url.path${close}, and ${open}${open} for ${open} itself`,
    })
  const parts: TemplatePart[] = []
  let text = ''
  let at = 0
  while (at < source.length) {
    if (source.startsWith(open + open, at)) {
      text += open
      at += 2 * open.length
    } else if (source.startsWith(close + close, at)) {
      text += close
      at += 2 * close.length
    } else if (source.startsWith(open, at)) {
      const end = source.indexOf(close, at)
      const path = source.slice(at + open.length, end).trim()
      if (end < 0) throw invalid(`has no "${close}" after "${source.slice(at, at + 20)}"`)
      if (path === '' || path.includes(open)) throw invalid(`has no field between "${open}" and "${close}"`)
      if (text !== '') parts.push(text)
      text = ''
      parts.push(path === 'line' ? (record) => record.line : readerOf(path))
      at = end + close.length
    } else if (source.startsWith(close, at)) {
      throw invalid(`has a "${close}" without "${open}"`)
    } else {
      text += source[at]
      at++
    }
  }
  if (text !== '') parts.push(text)
  return parts
}

/** The text of a template for a record; what the record does not have is empty. */
export const renderTemplate = (
  parts: readonly TemplatePart[],
  record: Record,
  write: (value: AttributeValue | undefined) => string = textOf,
): string => parts.map((part) => (typeof part === 'string' ? part : write(part(record)))).join('')
