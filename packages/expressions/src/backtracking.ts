import type { AST } from '@eslint-community/regexpp'

/** An upper bound of a number of steps on a text of `n` characters: `factor · n^degree`. */
interface Bound {
  readonly degree: number
  readonly factor: number
}

/** What matching an element costs, and in how many ways it can match at one place: that is how often what follows is tried. */
interface Effort {
  readonly cost: Bound
  readonly ways: Bound
}

const one: Bound = { degree: 0, factor: 1 }
const never: Bound = { degree: Number.POSITIVE_INFINITY, factor: 1 }
const simple: Effort = { cost: one, ways: one }
const perCharacter: Bound = { degree: 1, factor: 1 }

const times = (left: Bound, right: Bound): Bound => ({
  degree: left.degree + right.degree,
  factor: left.factor * right.factor,
})
const plus = (left: Bound, right: Bound): Bound => ({
  degree: Math.max(left.degree, right.degree),
  factor: left.factor + right.factor,
})
const isOne = ({ degree, factor }: Bound): boolean => degree === 0 && factor === 1

/** A character that an alternative begins with, if that is certain. */
const firstCharacter = ({ elements }: AST.Alternative): number | undefined => {
  const [first] = elements
  return first?.type === 'Character' ? first.value : undefined
}

function ofAlternatives(alternatives: readonly AST.Alternative[], isLast = false): Effort {
  const efforts = alternatives.map((alternative) => ofSequence(alternative.elements, isLast))
  const firsts = alternatives.map(firstCharacter)
  const isExclusive = !firsts.includes(undefined) && new Set(firsts).size === firsts.length
  const cost = efforts.map((effort) => effort.cost).reduce(plus)
  const ways = efforts.map((effort) => effort.ways)
  const most = (left: Bound, right: Bound): Bound => ({
    degree: Math.max(left.degree, right.degree),
    factor: Math.max(left.factor, right.factor),
  })
  return { cost, ways: ways.reduce(isExclusive ? most : plus) }
}

function ofSequence(elements: readonly AST.Element[], isLast: boolean): Effort {
  let cost = one
  let ways = one
  for (const [index, element] of elements.entries()) {
    const effort = ofElement(element, isLast && index === elements.length - 1)
    cost = plus(cost, times(ways, effort.cost))
    ways = times(ways, effort.ways)
  }
  return { cost, ways }
}

function ofQuantifier({ min, max, element }: AST.Quantifier, isLast: boolean): Effort {
  const body = ofElement(element, false)
  // Nothing follows that could fail, so it is never gone back over: only its least number of rounds can fail.
  if (isLast && body.cost.degree === 0 && isOne(body.ways))
    return { cost: times(body.cost, { degree: 0, factor: min + 1 }), ways: one }
  if (max === Number.POSITIVE_INFINITY) {
    return isOne(body.ways)
      ? { cost: times(body.cost, perCharacter), ways: perCharacter }
      : { cost: never, ways: never }
  }
  const rounds: Bound = { degree: 0, factor: max - min + 1 }
  const repeated: Bound = { degree: body.ways.degree * max, factor: body.ways.factor ** max }
  return { cost: times(times(body.cost, { degree: 0, factor: max }), repeated), ways: times(rounds, repeated) }
}

function ofElement(element: AST.Element | AST.QuantifiableElement, isLast: boolean): Effort {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return ofAlternatives(element.alternatives, isLast)
    case 'Assertion':
      // Once a look-around has held or failed, it is not gone back into.
      return 'alternatives' in element ? { cost: ofAlternatives(element.alternatives).cost, ways: one } : simple
    case 'Quantifier':
      return ofQuantifier(element, isLast)
    case 'Backreference': {
      const groups = Array.isArray(element.resolved) ? element.resolved : [element.resolved]
      const cost = groups.map((group) => ofAlternatives(group.alternatives).cost).reduce(plus)
      return { cost: cost.degree === 0 ? cost : perCharacter, ways: one }
    }
    default:
      return simple
  }
}

const isAnchored = ({ elements }: AST.Alternative): boolean => {
  const [first] = elements
  return first?.type === 'Assertion' && first.kind === 'start'
}

/** Steps a character that a pattern may cost and still count as harmless. */
const maxFactor = 1000

/**
 * Whether the shape of a pattern says that V8's usual engine matches it in linear time, whatever the text. Careful: it
 * says no to many a harmless pattern.
 */
export function isHarmless(pattern: AST.Pattern, flags: string): boolean {
  const isOnce = !flags.includes('m') && pattern.alternatives.every(isAnchored)
  const { cost } = ofAlternatives(pattern.alternatives, !isOnce)
  const total = isOnce ? cost : times(cost, perCharacter)
  return total.degree <= 1 && total.factor <= maxFactor
}
