import { compileCondition, compilePattern } from '@weir/expressions'
import { asAlert, type Record } from '@weir/sdk'
import { inOrderOf, isSame, likeness, onlyExpected } from './comparison.ts'
import { itemDifference, listDifference } from './difference.ts'
import { alerts, records, type Shortfall } from './shortfall.ts'
import { canonical, writtenAlert, writtenRecord } from './test-record.ts'
import type { AlertSpec, ExpectationSpec, RecordSpec } from './test-schema.ts'

/** Records that are shown of those that meet no condition. */
const maxShown = 3

/** Everything in which the records that were seen at a point are not what is expected there. */
export function checkExpectation(expectation: ExpectationSpec, seen: readonly Record[]): Shortfall[] {
  return [
    ...checkCount(expectation, seen),
    ...checkRecords(expectation, seen),
    ...checkContains(expectation, seen),
    ...checkWhere(expectation, seen),
    ...checkAlerts(expectation, seen),
  ]
}

function checkCount({ count }: ExpectationSpec, { length }: readonly Record[]): Shortfall[] {
  if (count === undefined) return []
  const { min = 0, max = Number.POSITIVE_INFINITY } = typeof count === 'number' ? { min: count, max: count } : count
  if (length >= min && length <= max) return []
  const wanted =
    min === max
      ? records(min)
      : max === Number.POSITIVE_INFINITY
        ? `at least ${records(min)}`
        : `${min} to ${records(max)}`
  return [{ message: `expected ${wanted}, found ${length}`, path: ['count'] }]
}

function checkRecords({ records: specs }: ExpectationSpec, seen: readonly Record[]): Shortfall[] {
  if (specs === undefined) return []
  const expected = specs.map(canonical)
  const found = seen.map(writtenRecord)
  const show = (left: number, right: number) => {
    const wanted = expected[left] ?? {}
    return inOrderOf(wanted, comparable(wanted, found[right] ?? {}))
  }
  const isMatch = (left: number, right: number) => isSame(expected[left], show(left, right))
  if (expected.length === found.length && expected.every((_, index) => isMatch(index, index))) return []
  const message =
    expected.length === found.length
      ? 'what is found is not what is expected'
      : `expected ${records(expected.length)}, found ${found.length}`
  return [{ message, path: ['records'], difference: listDifference({ expected, found, isMatch, show }) }]
}

/** A record without what a test may leave out: one of the two severities, and the resource. */
function comparable(expected: RecordSpec, found: RecordSpec): RecordSpec {
  const { severityNumber, severityText, resource, ...rest } = found
  const saysNumber = expected.severityNumber !== undefined
  const saysText = expected.severityText !== undefined
  return {
    ...rest,
    ...(severityNumber !== undefined && (saysNumber || !saysText) ? { severityNumber } : {}),
    ...(severityText !== undefined && (saysText || (!saysNumber && severityNumber === undefined))
      ? { severityText }
      : {}),
    ...(resource !== undefined && expected.resource !== undefined ? { resource } : {}),
  }
}

function checkContains({ contains = [] }: ExpectationSpec, seen: readonly Record[]): Shortfall[] {
  if (contains.length === 0) return []
  const found = seen.map(writtenRecord)
  return contains.flatMap((spec, index): Shortfall[] => {
    const expected = canonical(spec)
    let nearest: RecordSpec | undefined
    let best = -1
    for (const record of found) {
      const score = likeness(expected, record)
      if (score === 1) return []
      if (score > best) [best, nearest] = [score, record]
    }
    const path = ['contains', index]
    if (nearest === undefined) return [{ message: 'expected such a record, found none at all', path }]
    const difference = itemDifference(expected, onlyExpected(expected, nearest))
    return [{ message: `none of ${records(found.length)} is like this; the nearest:`, path, difference }]
  })
}

function checkWhere({ where = {} }: ExpectationSpec, seen: readonly Record[]): Shortfall[] {
  const shortfalls: Shortfall[] = []
  const add = (key: string, message: string, shown: readonly Record[] = []) => {
    const difference = shown
      .slice(0, maxShown)
      .flatMap((record) => itemDifference(writtenRecord(record), writtenRecord(record)))
    shortfalls.push({ message, path: ['where', key], difference })
  }
  if (where.all !== undefined) {
    const isMet = compileCondition(where.all)
    const others = seen.filter((record) => !isMet(record))
    if (seen.length === 0) add('all', 'expected records for which this holds, found none at all')
    else if (others.length > 0)
      add('all', `this does not hold for ${others.length} of ${records(seen.length)}, such as:`, others)
  }
  if (where.any !== undefined && !seen.some(compileCondition(where.any))) {
    add(
      'any',
      seen.length === 0 ? 'found no record at all' : `this holds for none of ${records(seen.length)}, such as:`,
      seen,
    )
  }
  if (where.none !== undefined) {
    const met = seen.filter(compileCondition(where.none))
    if (met.length > 0) add('none', `this holds for ${met.length} of ${records(seen.length)}, such as:`, met)
  }
  return shortfalls
}

function checkAlerts({ alerts: specs }: ExpectationSpec, seen: readonly Record[]): Shortfall[] {
  if (specs === undefined) return []
  const hasStates = specs.some(({ state }) => state !== undefined)
  const expected = specs.map(canonical)
  const found = seen
    .flatMap((record) => asAlert(record) ?? [])
    .filter(({ state }) => hasStates || state === 'firing')
    .map(writtenAlert)
    .map(({ state, ...alert }): AlertSpec => (hasStates && state !== undefined ? { ...alert, state } : alert))
  const isMatch = (left: number, right: number) => isAlert(expected[left] ?? {}, found[right] ?? {})
  if (expected.length === found.length && expected.every((_, index) => isMatch(index, index))) return []
  const show = (left: number, right: number) => shownAlert(expected[left] ?? {}, found[right] ?? {})
  const message =
    expected.length === found.length
      ? 'what is found is not what is expected'
      : `expected ${alerts(expected.length)}, found ${found.length}`
  return [{ message, path: ['alerts'], difference: listDifference({ expected, found, isMatch, show }) }]
}

const titleMatches = ({ title_matches: pattern }: AlertSpec, { title }: AlertSpec): boolean =>
  pattern === undefined || compilePattern(pattern).test(title ?? '')

function isAlert(expected: AlertSpec, found: AlertSpec): boolean {
  const { title_matches: _, ...plain } = expected
  return likeness(plain, found) === 1 && titleMatches(expected, found)
}

/** Of an alert, the keys that a test has written; the pattern of the title stands where it matches. */
function shownAlert(expected: AlertSpec, found: AlertSpec): AlertSpec {
  const { title_matches: pattern, ...plain } = expected
  const shown = Object(onlyExpected(plain, found)) as AlertSpec
  if (pattern === undefined) return shown
  return titleMatches(expected, found) ? { ...shown, title_matches: pattern } : { ...shown, title: found.title ?? '' }
}
