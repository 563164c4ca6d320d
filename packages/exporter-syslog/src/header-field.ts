import type { AttributeValue } from '@weir/sdk'

const unprintable = /[^!-~]/
const unprintableAll = /[^!-~]+/g

/**
 * A value as a field of a header (RFC 5424, section 6: printable ASCII without spaces, of limited length), so that it
 * can be nothing but this one field; `-` for none.
 */
export function headerField(value: AttributeValue | undefined, maxLength: number): string {
  if (value === undefined || value === null || value === '' || typeof value === 'object') return '-'
  const text = String(value)
  const printable = unprintable.test(text) ? text.replace(unprintableAll, '_') : text
  return printable.length > maxLength ? printable.slice(0, maxLength) : printable
}
