import {
  type AttributeValue,
  attributeMap,
  checkAt,
  parseTemplate,
  type Record,
  renderTemplate,
  type TemplatePart,
  textOf,
} from '@weir/sdk'

const marks = { open: '{{', close: '}}' }

/** Writes a record's fields into a body. */
export type BodyTemplate = (record: Record) => string

type Node = (record: Record) => AttributeValue

function text(source: string): Node {
  const parts = parseTemplate(source, marks)
  const [only] = parts
  if (parts.length === 1 && typeof only === 'function') return (record) => only(record) ?? null
  return (record) => renderTemplate(parts, record)
}

function node(template: AttributeValue): Node {
  if (typeof template === 'string') return text(template)
  if (Array.isArray(template)) {
    const items = template.map((item, index) => checkAt([index], () => node(item)))
    return (record) => items.map((item) => item(record))
  }
  if (typeof template !== 'object' || template === null) return () => template
  const members = Object.entries(template).map(([name, value]) => [name, checkAt([name], () => node(value))] as const)
  return (record) => attributeMap(members.map(([name, value]) => [name, value(record)]))
}

/** A value in the middle of JSON text, where the template has the quotes. */
const insideJson = (value: AttributeValue | undefined): string =>
  typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : value === undefined ? '' : JSON.stringify(value)

/**
 * @param isJson whether values in a template that is a text are escaped for JSON
 * @throws WeirError `WEIR_TEMPLATE_INVALID`
 */
export function bodyTemplate(template: AttributeValue, isJson: boolean): BodyTemplate {
  if (typeof template === 'string') {
    const parts: readonly TemplatePart[] = parseTemplate(template, marks)
    return (record) => renderTemplate(parts, record, isJson ? insideJson : textOf)
  }
  const root = node(template)
  return (record) => JSON.stringify(root(record))
}
