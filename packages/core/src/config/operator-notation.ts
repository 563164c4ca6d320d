import { rootFields } from '@weir/sdk'
import { checkCondition } from '../expressions/condition.ts'
import { checkPattern } from '../expressions/pattern.ts'
import { nearest } from './nearest.ts'

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

function checkPath(path: string): NotationProblem | undefined {
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
  const near = roots.includes(root) ? undefined : nearest(root, roots)
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

const checks: { readonly [notation: string]: (text: string) => NotationProblem | undefined } = {
  pattern(source) {
    const problem = checkPattern(source)
    return problem && { code: 'WEIR_CONFIG_PATTERN', ...problem, message: `bad pattern: ${problem.message}` }
  },
  condition(text) {
    const problem = checkCondition(text)
    return (
      problem && {
        code: 'WEIR_CONFIG_CONDITION',
        ...problem,
        message: `bad condition: ${problem.message}`,
        hint: problem.suggestion,
      }
    )
  },
  path: checkPath,
}

/** Checks a text by the notation that the schema keyword `weir` names. Durations and sizes are checked by their pattern. */
export const checkNotation = (notation: string, text: string): NotationProblem | undefined => checks[notation]?.(text)
