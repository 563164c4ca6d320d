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

/** A reader as `fieldReader` makes it, but times are read as RFC 3339 text. */
const readerOf = (path: string): FieldReader => {
  if (path === 'time') return (record) => iso(record.time)
  if (path === 'observedTime') return (record) => iso(record.observedTime)
  return fieldReader(path)
}

/**
 * Takes a template apart: `{time} {severityText} {body}`. Between the marks stands the dotted path of a field, as
 * `fieldReader` reads it, and `line` for the line as it came; a mark that stands twice is text.
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
