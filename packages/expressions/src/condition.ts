import { type ASTNode, TypeError as CelTypeError, Environment, ParseError } from '@marcbachmann/cel-js'
import { messageOf, nearest, type Record, rootFields, WeirError } from '@weir/sdk'
import { ConditionRefusal, compileNode, type Evaluate, functionNames } from './condition-compiler.ts'

/** Why a condition cannot be used, and where. */
export interface ConditionProblem {
  readonly message: string
  /** Index into the condition. */
  readonly offset: number
  readonly length?: number
  /** What the reader can do. */
  readonly suggestion?: string
}

const fieldTypes: { readonly [field in (typeof rootFields)[number]]: string } = {
  attributes: 'dyn',
  body: 'dyn',
  eventName: 'string',
  observedTime: 'google.protobuf.Timestamp',
  resource: 'dyn',
  severityNumber: 'int',
  severityText: 'string',
  spanId: 'string',
  time: 'google.protobuf.Timestamp',
  traceId: 'string',
}

const environment = new Environment({ homogeneousAggregateLiterals: false })
for (const field of rootFields) environment.registerVariable(field, fieldTypes[field])

const words: { readonly [word: string]: string } = { and: '&&', or: '||', not: '!', '=': '==', '&': '&&', '|': '||' }

/** Puts the library's finding into words for an operator. */
function explain(text: string, error: ParseError | CelTypeError): ConditionProblem {
  const { start, end } = error.range ?? { start: 0, end: text.length }
  const place = { offset: start, length: Math.max(1, end - start) }
  const found = text.slice(start, end)
  // The parser points at the last letter of a word that it has no use for.
  const word = /\w+$/.exec(text.slice(0, end))?.[0] ?? found
  const instead = words[word] ?? words[found.charAt(0)]
  const withHint = (message: string, suggestion: string | undefined): ConditionProblem =>
    suggestion === undefined ? { message, ...place } : { message, ...place, suggestion }
  switch (error.code) {
    case 'unknown_variable': {
      const near = nearest(found, rootFields)
      return withHint(`there is no field ${JSON.stringify(found)}`, `did you mean ${near ?? `attributes.${found}`}?`)
    }
    case 'no_such_overload':
      return withHint(error.summary.replace(/^no such overload: /, 'these do not go together: '), undefined)
    case 'no_matching_overload': {
      const name = /(\w+)\(/.exec(error.summary)?.[1] ?? ''
      const near = functionNames.includes(name) ? undefined : nearest(name, functionNames)
      return withHint(
        error.summary.replace(/^found no matching overload for '(.*)'$/, 'there is no function $1'),
        near && `did you mean ${near}()?`,
      )
    }
    case 'invalid_macro_argument':
      return withHint('has() takes a field', 'has(attributes.name), or "name" in attributes')
    case 'expected_token':
      return withHint(
        error.summary,
        /^\w+$/.test(found) ? `write a name like this in brackets: ["${found}"]` : undefined,
      )
    default:
      if (instead !== undefined) return withHint(`${JSON.stringify(word)} has no meaning here`, `CEL writes ${instead}`)
      return withHint(start >= text.trimEnd().length ? 'the condition ends too early' : error.summary, undefined)
  }
}

/** What a text must give: true or false, or any value. */
type Wanted = 'condition' | 'expression'

function parse(text: string, wanted: Wanted): ASTNode | ConditionProblem {
  if (text.trim() === '') return { message: `the ${wanted} is empty`, offset: 0 }
  try {
    const parsed = environment.parse(text)
    const { valid, type = '', error } = parsed.check()
    if (!valid && error !== undefined) return explain(text, error)
    if (wanted === 'expression' || type === 'bool' || type === 'dyn') return parsed.ast
    return { message: `this gives a value of type ${type}, not true or false`, offset: 0, length: text.length }
  } catch (error) {
    if (error instanceof ParseError || error instanceof CelTypeError) return explain(text, error)
    throw error
  }
}

function compile(text: string, wanted: Wanted): Evaluate | ConditionProblem {
  const parsed = parse(text, wanted)
  if ('message' in parsed) return parsed
  try {
    return compileNode(parsed)
  } catch (error) {
    if (!(error instanceof ConditionRefusal)) throw error
    const { node, hint } = error
    const place = { message: messageOf(error), offset: node.start, length: node.end - node.start }
    return hint === undefined ? place : { ...place, suggestion: hint }
  }
}

/** What is wrong with a condition, if anything is: its syntax, a name, a type, a pattern. */
export function checkCondition(text: string): ConditionProblem | undefined {
  const result = compile(text, 'condition')
  return typeof result === 'function' ? undefined : result
}

/** What is wrong with an expression, if anything is. */
export function checkExpression(text: string): ConditionProblem | undefined {
  const result = compile(text, 'expression')
  if (typeof result === 'function') return undefined
  // In YAML the quotes of `value: "prod"` are not part of the text.
  const isWord = /^[\w-]+$/.test(text) && result.suggestion?.includes(`attributes.${text}?`)
  return isWord ? { ...result, suggestion: `did you mean attributes.${text}, or the text '"${text}"'?` } : result
}

/**
 * Compiles a condition (`where:`): CEL over the fields of a record.
 *
 * It is checked once and then runs as closures; it never throws. What differs from CEL: numbers are JavaScript's (so
 * `7 / 2` is 3.5). A comparison with a field that is not there, or between values of unlike types, is false, and `!=`
 * true; only `null` equals a missing field. A text that is a number (`"503"`) compares with a number as that number.
 * `attributes.a.b` and `attributes["a.b"]` read flat and nested keys alike. `time` and `observedTime` are timestamps:
 * `time.getHours() < 6`, `observedTime - time > duration("5m")`.
 * @see https://github.com/google/cel-spec/blob/master/doc/langdef.md
 * @throws WeirError `WEIR_CONDITION_INVALID`
 */
export function compileCondition(text: string): (record: Record) => boolean {
  const evaluate = compiled(text, 'condition')
  return (record) => evaluate(record) === true
}

/**
 * Compiles an expression that gives a value: the language of conditions. Its value is `undefined` where a field that it
 * needs is not there, or a function does not fit what a record holds. `time` is milliseconds.
 * @throws WeirError `WEIR_EXPRESSION_INVALID`
 */
export const compileExpression = (text: string): Evaluate => compiled(text, 'expression')

function compiled(text: string, wanted: Wanted): Evaluate {
  const result = compile(text, wanted)
  if (typeof result === 'function') return result
  throw new WeirError(
    `the ${wanted} ${JSON.stringify(text)} cannot be used: ${result.message} (at character ${result.offset + 1})`,
    {
      code: `WEIR_${wanted.toUpperCase()}_INVALID`,
      ...(result.suggestion === undefined ? {} : { hint: result.suggestion }),
    },
  )
}
