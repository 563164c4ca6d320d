import { diff } from 'node:util'
import { stringify } from 'yaml'

/** A line of what was expected (`-`), was found (`+`), or is in both. */
export interface DifferenceLine {
  readonly sign: '-' | '+' | ' '
  readonly text: string
}

export interface ListComparison {
  /** As they are shown. */
  readonly expected: readonly unknown[]
  readonly found: readonly unknown[]
  isMatch(expectedIndex: number, foundIndex: number): boolean
  /** What of something found is shown beside what was expected in its place. */
  show(expectedIndex: number, foundIndex: number): unknown
}

/** Items that were found beyond what was expected and are shown. */
const maxExtra = 20
/** Pairs of items that are tried to match; longer lists are compared item by item. */
const maxPairs = 4_000_000

const lines = (item: unknown): string[] => stringify([item], { lineWidth: 0 }).trimEnd().split('\n')
const all = (sign: DifferenceLine['sign'], item: unknown): DifferenceLine[] =>
  lines(item).map((text) => ({ sign, text }))

/** The difference of two items, line by line in YAML. */
export function itemDifference(expected: unknown, found: unknown): DifferenceLine[] {
  return diff(lines(expected), lines(found)).map(([side, text]) => ({
    sign: side === 0 ? ' ' : side > 0 ? '-' : '+',
    text,
  }))
}

/** The difference of two lists: items that match stand beside each other, those between them are compared in turn. */
export function listDifference(comparison: ListComparison): DifferenceLine[] {
  const { expected, found, show } = comparison
  const result: DifferenceLine[] = []
  let [left, right, extra] = [0, 0, 0]
  const gap = (toLeft: number, toRight: number) => {
    for (; left < toLeft && right < toRight; left++, right++)
      result.push(...itemDifference(expected[left], show(left, right)))
    for (; left < toLeft; left++) result.push(...all('-', expected[left]))
    for (; right < toRight; right++) if (++extra <= maxExtra) result.push(...all('+', found[right]))
  }
  for (const [expectedIndex, foundIndex] of alignment(comparison)) {
    gap(expectedIndex, foundIndex)
    result.push(...all(' ', expected[left]))
    left++
    right++
  }
  gap(expected.length, found.length)
  if (extra > maxExtra) result.push({ sign: '+', text: `… and ${extra - maxExtra} more` })
  return result
}

/** Pairs of indices that match, as many as can stand in one order (longest common subsequence). */
function alignment({ expected, found, isMatch }: ListComparison): [number, number][] {
  if (expected.length * found.length > maxPairs) return []
  const width = found.length + 1
  const longest = new Uint32Array((expected.length + 1) * width)
  const matches = new Uint8Array(expected.length * width)
  for (let left = expected.length - 1; left >= 0; left--) {
    for (let right = found.length - 1; right >= 0; right--) {
      const here = left * width + right
      const isPair = isMatch(left, right)
      matches[here] = isPair ? 1 : 0
      longest[here] = isPair
        ? (longest[here + width + 1] ?? 0) + 1
        : Math.max(longest[here + width] ?? 0, longest[here + 1] ?? 0)
    }
  }
  const pairs: [number, number][] = []
  for (let left = 0, right = 0; left < expected.length && right < found.length; ) {
    const here = left * width + right
    if (matches[here] === 1) pairs.push([left++, right++])
    else if ((longest[here + width] ?? 0) >= (longest[here + 1] ?? 0)) left++
    else right++
  }
  return pairs
}
