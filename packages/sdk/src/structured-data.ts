import { type AttributeMap, attributeMap } from './value.ts'

/**
 * Structured data of RFC 5424 (section 6.3) as a map of maps: `[origin ip="192.0.2.1"][meta seq="7"]` is
 * `{"origin": {"ip": "192.0.2.1"}, "meta": {"seq": "7"}}`. What is malformed is left out.
 */
export function parseStructuredData(text: string): AttributeMap {
  const elements = attributeMap()
  for (const [, id = '', parameters = ''] of text.matchAll(element)) {
    const values = attributeMap()
    for (const [, name = '', value = ''] of parameters.matchAll(parameter)) {
      values[name] = value.includes('\\') ? value.replace(escaped, '$1') : value
    }
    elements[id] = values
  }
  return elements
}

const element = /\[([^\]\s="]+)((?:[^\]"]|"(?:[^"\\]|\\.)*")*)\]/g
const parameter = /([^\]\s="]+)="((?:[^"\\]|\\.)*)"/g
/** A backslash before anything else stands for itself. */
const escaped = /\\(["\\\]])/g
