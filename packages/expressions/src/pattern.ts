import { createRequire } from 'node:module'
import { type AST, RegExpParser, RegExpSyntaxError } from '@eslint-community/regexpp'
import { type CompiledPattern, messageOf, type PatternMatch, WeirError } from '@weir/sdk'
import type { RE2JS } from 're2js'
import { isHarmless } from './backtracking.ts'
import { withoutIgnoreCase } from './ignore-case.ts'
import { isLinear } from './linear-engine.ts'

/**
 * What keeps a pattern from stalling the process: V8's linear engine takes over when the usual one goes back too often;
 * or the pattern's shape rules that out; or RE2 in JavaScript runs it (some 20 times slower, and with RE2's `.` and `\s`:
 * all but a line feed, ASCII white space).
 */
export type PatternGuard = 'linear-engine' | 'static' | 're2'

/** Why a pattern cannot be used, and where. */
export interface PatternProblem {
  readonly message: string
  /** Index into the pattern. */
  readonly offset?: number
  readonly hint?: string
}

interface Analysis {
  readonly source: string
  readonly flags: string
  readonly guard: PatternGuard
}

const problem = (message: string, offset: number | undefined, hint?: string): PatternProblem => ({
  message,
  ...(offset === undefined ? {} : { offset }),
  ...(hint === undefined ? {} : { hint }),
})

const foreign: readonly [RegExp, string][] = [
  [/\(\?P[<=>]/, 'JavaScript writes a named group (?<name>…) and refers to it by \\k<name>'],
  [/\(\?>/, 'JavaScript has no atomic groups'],
  [/[*+?}]\+/, 'JavaScript has no possessive quantifiers'],
  [/\(\?[a-z]+\)/, 'flags in the pattern stand at its very beginning, as in (?i)error'],
]

function syntaxProblem(error: unknown, source: string, shift: number): PatternProblem {
  const message = messageOf(error).replace(/^Invalid regular expression: (\/[\s\S]*\/[a-z]*: )?/, '')
  const hint = foreign.find(([shape]) => shape.test(source))?.[1]
  // The parser tells how far it had read: the fault is the character before.
  return problem(message, error instanceof RegExpSyntaxError ? Math.max(0, error.index - 1) + shift : undefined, hint)
}

const needsBacktracking = (pattern: string) => /\(\?<?[=!]|\\[1-9]|\\k</.test(pattern)

function canRunOnRe2(source: string, flags: string): boolean {
  if (flags.includes('v') || needsBacktracking(source)) return false
  try {
    return re2Of(source, flags) !== undefined
  } catch {
    return false
  }
}

/** Loaded when a pattern needs it: it is larger than all of this package. */
const loadRe2 = (): typeof import('re2js') => createRequire(import.meta.url)('re2js')

function re2Of(source: string, flags: string): RE2JS {
  const { RE2JS } = loadRe2()
  return RE2JS.compile(RE2JS.translateRegExp(new RegExp(source, flags)))
}

/** Chooses the guard of a pattern. */
function analyse(written: string, givenFlags: string): Analysis | PatternProblem {
  const inline = /^\(\?([ims]+)\)/.exec(written)
  const shift = inline?.[0].length ?? 0
  const source = written.slice(shift)
  const flags = [...new Set(givenFlags + (inline?.[1] ?? ''))].join('')
  if (!/^[imsuv]*$/.test(flags))
    return problem(`the flags "${givenFlags}" are not possible here`, undefined, 'use i, m, s, u or v')
  let tree: AST.Pattern
  try {
    tree = new RegExpParser().parsePattern(source, 0, source.length, {
      unicode: flags.includes('u'),
      unicodeSets: flags.includes('v'),
    })
    new RegExp(source, flags)
  } catch (error) {
    return syntaxProblem(error, source, shift)
  }
  if (flags.includes('i') && !/[uv]/.test(flags)) {
    const rewritten = { source: withoutIgnoreCase(source), flags: flags.replace('i', '') }
    if (isLinear(rewritten.source, rewritten.flags)) return { ...rewritten, guard: 'linear-engine' }
  }
  if (isLinear(source, flags)) return { source, flags, guard: 'linear-engine' }
  if (isHarmless(tree, flags)) return { source, flags, guard: 'static' }
  if (canRunOnRe2(source, flags)) return { source, flags, guard: 're2' }
  return problem(
    'the pattern could take forever on some texts',
    undefined,
    needsBacktracking(source)
      ? 'with look-around or back-references, begin it with ^ and bound its repetitions, as in \\d{1,20}; or do without them'
      : 'bound its repetitions, as in \\d{1,20}, or make them smaller',
  )
}

/** What is wrong with a pattern, if anything is: its syntax, or that no guard fits it. */
export function checkPattern(source: string, flags = ''): PatternProblem | undefined {
  const analysis = analyse(source, flags)
  return 'guard' in analysis ? undefined : analysis
}

/** An expression that runs on RE2. */
function re2Pattern(source: string, flags: string): Pick<CompiledPattern, 'test' | 'exec'> {
  const expression = re2Of(source, flags)
  const names = Object.entries(expression.namedGroups()).sort(([, one], [, other]) => one - other)
  const exec = (text: string): PatternMatch | null => {
    const matcher = expression.matcher(text)
    if (!matcher.find()) return null
    const group = (index: number) => matcher.group(index) ?? undefined
    const match = Array.from({ length: expression.groupCount() + 1 }, (_, index) => group(index))
    const groups =
      names.length === 0 ? undefined : Object.fromEntries(names.map(([name, index]) => [name, group(index)]))
    return Object.assign(match, { index: matcher.start(), 0: match[0] ?? '', groups })
  }
  return { test: (text) => expression.test(text), exec }
}

/**
 * Compiles an operator's regular expression (JavaScript's syntax, also with `(?i)` in front) so that no text can make
 * it run away.
 * @param flags of `i`, `m`, `s`, `u`, `v`
 * @throws WeirError `WEIR_PATTERN_INVALID`
 */
export function compilePattern(source: string, flags = ''): CompiledPattern & { readonly guard: PatternGuard } {
  const analysis = analyse(source, flags)
  if (!('guard' in analysis)) {
    const { message, offset, hint } = analysis
    const place = offset === undefined ? '' : ` (at character ${offset + 1})`
    throw new WeirError(`the pattern ${JSON.stringify(source)} cannot be used: ${message}${place}`, {
      code: 'WEIR_PATTERN_INVALID',
      ...(hint === undefined ? {} : { hint }),
    })
  }
  const { guard } = analysis
  if (guard === 're2') return { source, guard, ...re2Pattern(analysis.source, analysis.flags) }
  const expression = new RegExp(analysis.source, analysis.flags)
  return { source, guard, test: (text) => expression.test(text), exec: (text) => expression.exec(text) }
}
