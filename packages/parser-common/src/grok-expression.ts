import { WeirError } from '@weir/sdk'
import { grokPatterns } from './grok-patterns.ts'

/** A part of a line that a grok expression names. */
interface GrokField {
  readonly name: string
  readonly type: 'string' | 'number' | undefined
}

export interface GrokExpression {
  /** A regular expression of JavaScript, whose groups `g0`, `g1`, … are the fields in this order. */
  readonly source: string
  readonly fields: readonly GrokField[]
}

/** `%{NAME}`, `%{NAME:field}`, `%{NAME:field:type}`, and Oniguruma's named groups. */
const reference = /%\{(\w+)(?::([^:}]+))?(?::(\w+))?\}|\(\?<([\w.@-]+)>/g
const maxLength = 100_000

/**
 * Translates a grok expression into a regular expression. Fields may have any name (`http.request.method`,
 * `[http][request]`), several the same.
 * @throws WeirError `WEIR_PATTERN_INVALID`
 */
export function grokExpression(expression: string, own: { readonly [name: string]: string } = {}): GrokExpression {
  const fields: GrokField[] = []
  const expand = (text: string, path: readonly string[]): string => {
    const expanded = text.replace(reference, (_, pattern: string | undefined, field, type, group) => {
      if (pattern === undefined) return `(?<${add(group)}>`
      const inside = expand(definitionOf(pattern, own, path), [...path, pattern])
      return field === undefined ? `(?:${inside})` : `(?<${add(field, type)}>${inside})`
    })
    if (expanded.length > maxLength) throw invalid('the expression is too long when its patterns are put in')
    return expanded
  }
  const add = (name: string, type?: string): string => {
    fields.push({ name: nameOf(name), type: typeOf(type) })
    return `g${fields.length - 1}`
  }
  const source = expand(expression, [])
  return { source, fields }
}

function definitionOf(name: string, own: { readonly [name: string]: string }, path: readonly string[]): string {
  if (path.includes(name)) throw invalid(`%{${name}} contains itself`)
  const definition = Object.hasOwn(own, name)
    ? own[name]
    : Object.hasOwn(grokPatterns, name)
      ? grokPatterns[name]
      : undefined
  if (definition === undefined) throw invalid(`there is no pattern %{${name}}`)
  return definition
}

/** `[a][b]` is how Logstash writes `a.b`. */
const nameOf = (name: string): string =>
  /^(?:\[[^\]]+\])+$/.test(name) ? name.slice(1, -1).replaceAll('][', '.') : name

function typeOf(type: string | undefined): GrokField['type'] {
  if (type === undefined || type === 'string') return type
  if (['int', 'long', 'float', 'double'].includes(type)) return 'number'
  throw invalid(`a field can be of type string, int, long, float or double, not "${type}"`)
}

const invalid = (message: string): WeirError =>
  new WeirError(message, {
    code: 'WEIR_PATTERN_INVALID',
    hint: 'own patterns go under `pattern_definitions`; `weir components grok` shows an example',
  })
