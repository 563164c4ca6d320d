/** How a value is shown in the text of a template. The first that fits. */
const shapes: readonly [string, RegExp][] = [
  ['<uuid>', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i],
  ['<ip>', /^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$/],
  ['<time>', /^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?$/],
  ['<time>', /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?$/],
  ['<ip>', /^[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}$/i],
  ['<num>', /^[-+]?\d+(?:[.,]\d+)*%?$/],
  ['<duration>', /^\d+(?:\.\d+)?\s?(?:ns|us|µs|ms|s|secs?|mins?|m|h|hrs)$/],
  ['<size>', /^\d+(?:\.\d+)?\s?(?:[KMGTP]i?B?|kB|B|bytes)$/],
  ['<hex>', /^(?:0x)?[0-9a-f]+$/i],
  ['<email>', /^[^\s@]+@[^\s@]+$/],
  ['<path>', /^[/\\]/],
  ['<host>', /^[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+$/],
  ['<id>', /^[\w.$#-]+$/],
]

/** The placeholder of a value of no one shape. */
export const anyValue = '<*>'

/** Placeholders that are shown of values that follow one another. */
const maxShown = 4

const shapeOf = (value: string): string | undefined => shapes.find(([, shape]) => shape.test(value))?.[0]

/** The placeholder of a value, or of several with what stands between them: `<num> (<email>`. */
export function maskOf(value: string): string {
  const whole = shapeOf(value)
  if (whole !== undefined) return whole
  const parts = value.split(/([\s,;()[\]{}"'|<>]+)/)
  if (parts.length > maxShown * 2) return anyValue
  return parts.map((part, index) => (index % 2 === 1 || part === '' ? part : (shapeOf(part) ?? anyValue))).join('')
}
