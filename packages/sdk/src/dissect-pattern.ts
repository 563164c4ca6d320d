import { WeirError } from './errors.ts'

/** A part of a line: what stands before the next delimiter. */
interface DissectPart {
  /** The field that begins with it, is continued by it (`%{+name}`), or none. */
  readonly name: string | undefined
  readonly isContinued: boolean
  /** Whether it is text whatever it looks like. */
  readonly isText: boolean
  /** What ends it; empty for the last part, if the line does. */
  readonly delimiter: string
  /** The delimiter may follow several times. */
  readonly isPadded: boolean
}

export interface DissectPattern {
  /** What lines begin with. */
  readonly head: string
  readonly parts: readonly DissectPart[]
}

/** A mark that has no end must not take that of the next one. */
const mark = /%\{((?:(?!%\{)[^}])*)\}/g
const key = /^([?+]?)([^|]*?)(\|[^|>]*)?(->)?$/

/** @throws WeirError `WEIR_DISSECT_INVALID` */
export function readDissectPattern(pattern: string): DissectPattern {
  const invalid = (
    what: string,
    hint = 'write fields as %{name}, with the text between them as it stands in the line',
  ) => new WeirError(`the pattern ${JSON.stringify(pattern)} ${what}`, { code: 'WEIR_DISSECT_INVALID', hint })
  const marks = [...pattern.matchAll(mark)]
  const literals = pattern.split(mark).filter((_, index) => index % 2 === 0)
  const open = literals.find((text) => text.includes('%{'))
  if (open !== undefined) throw invalid(`has no "}" after "${open.slice(open.indexOf('%{')).slice(0, 20)}"`)
  const parts: DissectPart[] = []
  for (const [index, [whole, inside = '']] of marks.entries()) {
    const [, sign = '', name = '', type = '', arrow] = key.exec(inside) ?? []
    const delimiter = literals[index + 1] ?? ''
    const before = parts.at(-1)
    const isPadded = arrow !== undefined
    const next = marks[index + 1]?.[0]
    if (delimiter === '' && next !== undefined)
      throw invalid(`has nothing between ${whole} and ${next}`, 'a field ends where the text after it begins')
    if (delimiter === '' && isPadded) throw invalid(`has nothing after ${whole}, which could stand there several times`)
    if (type !== '' && type !== '|string')
      throw invalid(
        `has a type that is none in ${whole}`,
        'numbers are known by their looks; %{name|string} keeps text',
      )
    if (/^[*&]/.test(name))
      throw invalid(`takes the name of a field from the line: ${whole}`, 'name the fields in the pattern')
    const isContinued = sign === '+'
    if (isContinued && (name === '' || before?.name !== name))
      throw invalid(
        `has ${whole} where %{${name}} does not stand right before it`,
        'it makes both, and what is between them, one field',
      )
    if (!isContinued && name !== '' && parts.some((part) => part.name === name))
      throw invalid(
        `has the field ${name} twice`,
        `write %{+${name}} right after the first for one field of both, or another name`,
      )
    const isText = type !== '' || (isContinued && before?.isText === true)
    parts.push({ name: sign === '?' || name === '' ? undefined : name, isContinued, isText, delimiter, isPadded })
  }
  if (parts.every(({ name }) => name === undefined)) throw invalid('has no field')
  return { head: literals[0] ?? '', parts }
}
