import { checkAt, messageOf, WeirError } from '@weir/sdk'
import { grokPatterns } from './grok-patterns.ts'

/** A part of a line that a grok expression names. */
interface GrokField {
  readonly name: string
  readonly type: 'string' | 'number' | undefined
}

interface Definitions {
  readonly [name: string]: string
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
 * @throws WeirError `WEIR_PATTERN_INVALID`, where in a config with the keys of the parser the fault is
 */
export function grokExpression(expression: string, own: Definitions = {}): GrokExpression {
  const fields: GrokField[] = []
  const expand = (text: string, path: readonly string[]): string => {
    const expanded = text.replace(reference, (_, pattern: string | undefined, field, type, group) => {
      if (pattern === undefined) return `(?<${add(group)}>`
      const place = placeOf(path, own)
      const inside = expand(
        checkAt(place, () => definitionOf(pattern, own, path)),
        [...path, pattern],
      )
      const opening = field === undefined ? '(?:' : `(?<${checkAt(place, () => add(field, type))}>`
      return `${opening}${inside})`
    })
    if (expanded.length <= maxLength) return expanded
    throw invalid('the expression is too long when its patterns are put in', placeOf(path, own))
  }
  const add = (name: string, type?: string): string => {
    fields.push({ name: nameOf(name), type: typeOf(type) })
    return `g${fields.length - 1}`
  }
  const source = expand(expression, [])
  return { source, fields }
}

/**
 * What a grok expression comes to must be a regular expression, too. Whether it is a safe one is seen when it is compiled.
 * @throws WeirError `WEIR_PATTERN_INVALID`, where in a config with the keys of the parser the fault is
 */
export function checkGrok(expression: string, own: Definitions): void {
  const { source } = grokExpression(expression, own)
  try {
    new RegExp(source.replace(/^\(\?[ims]+\)/, ''))
  } catch (error) {
    const [, reason = ''] = /.*: (.*)$/.exec(messageOf(error)) ?? []
    throw invalid(`with its patterns put in it is no regular expression: ${reason}`, ['pattern'])
  }
}

/** Where what is being put in was written: the pattern itself, or the operator's own that has led there. */
function placeOf(path: readonly string[], own: Definitions): string[] {
  const name = path.findLast((one) => Object.hasOwn(own, one))
  return name === undefined ? ['pattern'] : ['pattern_definitions', name]
}

function definitionOf(name: string, own: Definitions, path: readonly string[]): string {
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

const invalid = (message: string, configPath: readonly string[] = []): WeirError =>
  new WeirError(message, {
    code: 'WEIR_PATTERN_INVALID',
    configPath,
    hint: 'own patterns go under `pattern_definitions`; `weir components grok` shows an example',
  })
