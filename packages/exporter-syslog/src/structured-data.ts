import { type AttributeMap, type AttributeValue, Cell, endOf, kindOf, type Record, textOf } from '@weir/sdk'
import { escapeControls, hasControls } from './control-characters.ts'

/** RFC 5424, section 6.3.2: names of elements and parameters. */
const maxNameLength = 32
const noName = /[^!#-<>-\\^-~]+/g

const nameOf = (text: string): string => text.replace(noName, '_').slice(0, maxNameLength)

const needsEscape = /["\\\]]/
const needsEscapeAll = /["\\\]]/g

/** ` name="value"`, which cannot end its element before its time (section 6.3.3). */
export function parameter(name: string, value: AttributeValue): string {
  const text = escapeControls(textOf(value))
  return ` ${nameOf(name) || '_'}="${needsEscape.test(text) ? text.replace(needsEscapeAll, '\\$&') : text}"`
}

const isMap = (value: AttributeValue | undefined): value is AttributeMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Structured data as the message had it that the record was parsed from, if it can be written again as it is: to read it
 * and to write it anew costs four times what the rest of a message does.
 */
export function unparsedData({ batch, row }: Record): string | undefined {
  const slot = batch.layout.attribute('structured_data')
  if (slot < 0 || slot >= batch.stride) return undefined
  const at = (row * batch.stride + slot) * 2
  const b = batch.cells[at + 1] ?? Cell.ABSENT
  if (kindOf(b) !== Cell.STRUCTURED_DATA) return undefined
  const text = batch.bytes.toString('utf8', batch.cells[at], endOf(b))
  return hasControls(text) ? undefined : text
}

/** An element that is written beside those of the record, or joins the one that has its id. */
export interface Element {
  readonly id: string
  /** Its parameters as they are written; empty if it has none. */
  readonly parameters: string
}

/** The elements of a map of maps, as the parser `syslog` makes it: `[origin ip="192.0.2.1"][meta seq="7"]`; `''` for none. */
export function structuredData(value: AttributeValue | undefined, more: Element): string {
  const elements = new Map<string, string>()
  const add = (id: string, parameters: string) => elements.set(id, (elements.get(id) ?? '') + parameters)
  for (const [id, own] of Object.entries(isMap(value) ? value : {})) {
    if (id === '') continue
    add(
      nameOf(id),
      isMap(own)
        ? Object.entries(own)
            .map(([name, one]) => parameter(name, one))
            .join('')
        : '',
    )
  }
  if (more.parameters !== '') add(more.id, more.parameters)
  let text = ''
  for (const [id, parameters] of elements) text += `[${id}${parameters}]`
  return text
}
