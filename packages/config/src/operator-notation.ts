import { type ConditionProblem, checkCondition, checkExpression, checkPattern } from '@weir/expressions'
import { dissect, isWeirError, nearest, parseTemplate, rootFields, TimeZone } from '@weir/sdk'

/** What is wrong with a text in one of the notations that the schema keyword `weir` names. */
export interface NotationProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  readonly isWarning?: boolean
  readonly offset?: number | undefined
  readonly length?: number | undefined
}

const roots: readonly string[] = rootFields

/** @param more what may stand there besides fields */
function checkPath(path: string, more: readonly string[] = []): NotationProblem | undefined {
  const code = 'WEIR_CONFIG_PATH'
  const fault = /\s|\.\.|^\.|\.$|\[/.exec(path)
  if (fault !== null) {
    const hint = 'write names with dots between them: attributes.url.path'
    return {
      code,
      message: `${JSON.stringify(path)} is not a path to a field`,
      hint,
      offset: fault.index,
      length: fault[0].length,
    }
  }
  const [root = ''] = path.split('.')
  const known = [...roots, ...more]
  const near = known.includes(root) ? undefined : nearest(root, known)
  if (near === undefined) return undefined
  const message = `${JSON.stringify(path)} is taken as an attribute: ${root} is no field`
  return {
    code,
    message,
    hint: `did you mean "${near}${path.slice(root.length)}"?`,
    isWarning: true,
    length: root.length,
  }
}

/** A path to a field that a component writes. */
function checkTarget(path: string): NotationProblem | undefined {
  const problem = checkPath(path)
  if (problem !== undefined && problem.isWarning !== true) return problem
  const [root = '', ...rest] = path.split('.')
  const isPart = rest.length > 0 && root !== 'attributes' && root !== 'body'
  if (root !== 'resource' && root !== 'observedTime' && !(isPart && roots.includes(root))) return problem
  const hint = 'name an attribute, body, severityNumber, severityText, time, traceId, spanId or eventName'
  return { code: 'WEIR_CONFIG_PATH', message: `${JSON.stringify(path)} cannot be set for one record`, hint }
}

function celProblem(word: string, problem: ConditionProblem | undefined): NotationProblem | undefined {
  if (problem === undefined) return undefined
  const code = `WEIR_CONFIG_${word.toUpperCase()}`
  return { code, ...problem, message: `bad ${word}: ${problem.message}`, hint: problem.suggestion }
}

/** What a function says that throws a `WeirError` for what is not of its language. */
const thrown =
  (read: (text: string) => unknown) =>
  (text: string): NotationProblem | undefined => {
    try {
      read(text)
      return undefined
    } catch (error) {
      if (!isWeirError(error)) throw error
      return { code: error.code, message: error.message, hint: error.hint }
    }
  }

function checkTimeZone(name: string): NotationProblem | undefined {
  const problem = thrown((text) => new TimeZone(text))(name)
  if (problem === undefined) return undefined
  const near = nearest(name, ['UTC', 'Local', ...Intl.supportedValuesOf('timeZone')])
  return near === undefined ? problem : { ...problem, hint: `did you mean "${near}"?` }
}

/** The fields of a template; a brace that stands twice is text. */
const templateFields = /\{\{|\}\}|\{\s*([^{}]*)\}/dg

/** A template, or the first of its fields that may be a slip: it would read an attribute that no record has. */
function checkTemplate(template: string): NotationProblem | undefined {
  const problem = thrown((text) => parseTemplate(text))(template)
  if (problem !== undefined) return problem
  for (const { 1: path, indices } of template.matchAll(templateFields)) {
    const slip = path === undefined ? undefined : checkPath(path.trim(), ['line'])
    if (slip?.isWarning === true) return { ...slip, offset: indices?.[1]?.[0] }
  }
  return undefined
}

/** By what the parser of regular expressions says. */
const patternHints: readonly [RegExp, string][] = [
  [/unterminated group/i, 'close it by ), or write \\( for the character'],
  [/unmatched '\)'/i, 'open it by (, or write \\) for the character'],
  [
    /character class/i,
    'close it by ], or write \\[ for the character; in it, ranges go upwards, and \\- is the character',
  ],
  [/nothing to repeat/i, 'write \\*, \\+ or \\? for the character'],
  [/quantifier/i, 'write {2,5} with the smaller number first, or \\{ for the character'],
  [/at end of pattern/i, 'write \\\\ for a backslash'],
]

const checks: { readonly [notation: string]: (text: string) => NotationProblem | undefined } = {
  pattern(source) {
    const problem = checkPattern(source)
    if (problem === undefined) return undefined
    const hint = problem.hint ?? patternHints.find(([shape]) => shape.test(problem.message))?.[1]
    return { code: 'WEIR_CONFIG_PATTERN', ...problem, message: `bad pattern: ${problem.message}`, hint }
  },
  condition: (text) => celProblem('condition', checkCondition(text)),
  expression: (text) => celProblem('expression', checkExpression(text)),
  path: (text) => checkPath(text),
  target: checkTarget,
  time_zone: checkTimeZone,
  template: checkTemplate,
  dissect: thrown((text) => dissect(text)),
}

/** Checks a text by the notation that the schema keyword `weir` names. Durations and sizes are checked by their pattern. */
export const checkNotation = (notation: string, text: string): NotationProblem | undefined => checks[notation]?.(text)
