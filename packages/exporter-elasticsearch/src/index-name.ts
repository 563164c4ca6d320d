import { Buffer } from 'node:buffer'
import { type AttributeValue, parseTemplate, type Record, renderTemplate, textOf, WeirError } from '@weir/sdk'

/** Characters of a field's value in a name: a name may have 255 bytes. */
const maxValue = 60
const maxName = 255
const forbidden = /[\\/*?"<>| ,#:\p{Cc}\p{Z}]/gu

/** A value as a part of a name. */
const partOf = (value: AttributeValue | undefined): string =>
  textOf(value).toWellFormed().toLowerCase().replace(forbidden, '_').slice(0, maxValue).toWellFormed() || 'unknown'

/** How the index of a record is called, as JSON text. */
export type IndexName = (record: Record) => string

/**
 * @see https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-create: what a name may be
 * @throws WeirError `WEIR_TEMPLATE_INVALID`, `WEIR_ELASTICSEARCH_INDEX`
 */
export function indexName(template: string): { readonly constant: string | undefined; readonly read: IndexName } {
  const parts = parseTemplate(template)
  const texts = parts.filter((part) => typeof part === 'string')
  const [first] = parts
  const isBad = texts.some((text) => text !== text.toLowerCase() || text.search(forbidden) >= 0)
  if (isBad || (typeof first === 'string' && /^[-_+]|^\.\.?$/.test(first))) {
    throw new WeirError(`"${template}" is no name of an index`, {
      code: 'WEIR_ELASTICSEARCH_INDEX',
      hint: 'a name is in lower case, begins with none of - _ +, and has no spaces and none of \\ / * ? " < > | , # :',
    })
  }
  const quoted = (name: string) => {
    let cut = name.replace(/^[-_+]+/, '') || 'unknown'
    while (Buffer.byteLength(cut) > maxName) cut = cut.slice(0, -1).toWellFormed()
    return JSON.stringify(cut)
  }
  if (texts.length === parts.length) {
    const constant = quoted(texts.join(''))
    return { constant, read: () => constant }
  }
  let values = ''
  let name = ''
  const read = (record: Record) => {
    let now = ''
    for (const part of parts) if (typeof part !== 'string') now += `${textOf(part(record))}\0`
    // Most records go where the one before them went.
    if (now !== values || name === '') name = quoted(renderTemplate(parts, record, partOf))
    values = now
    return name
  }
  return { constant: undefined, read }
}
