import { type Clock, type CompiledPattern, checkAt, type PatternMatch, type Patterns } from '@weir/sdk'
import type { FileConfig } from './config.ts'
import { badOrder } from './errors.ts'
import { FileTime } from './file-time.ts'
import type { FoundFile } from './finder.ts'

type Criteria = NonNullable<FileConfig['ordering_criteria']>
type SortKey = Criteria['sort_by'][number]

/** A file with what its path tells. */
interface Entry {
  readonly file: FoundFile
  readonly group: string
  /** One value for each key to sort by. */
  readonly values: readonly (number | string)[]
}

interface Sorting {
  readonly read: (file: FoundFile, match: PatternMatch | null) => number | string | undefined
  readonly sign: 1 | -1
}

/** Which of the files that match are followed: the first of each group, in the order of the config. */
export class FileOrder {
  readonly #regex: CompiledPattern | undefined
  readonly #groupBy: CompiledPattern | undefined
  readonly #sortings: readonly Sorting[]
  readonly #count: number
  readonly #onUnfit: (paths: readonly string[]) => void

  /** @param onUnfit told of the files whose paths do not tell what to sort by */
  constructor(criteria: Criteria, patterns: Patterns, clock: Clock, onUnfit: (paths: readonly string[]) => void) {
    const { regex, group_by: groupBy, sort_by: keys, top_n: count } = criteria
    this.#regex = regex === undefined ? undefined : patterns.compile(regex)
    this.#groupBy = groupBy === undefined ? undefined : patterns.compile(groupBy)
    this.#sortings = keys.map((key) => sortingOf(key, clock))
    this.#count = count
    this.#onUnfit = onUnfit
  }

  first(files: readonly FoundFile[]): FoundFile[] {
    const entries: Entry[] = []
    const unfit: string[] = []
    for (const file of files) {
      const entry = this.#entryOf(file)
      if (entry === 'unfit') unfit.push(file.path)
      else if (entry !== 'left out') entries.push(entry)
    }
    if (unfit.length > 0) this.#onUnfit(unfit)
    const groups = Map.groupBy(entries, ({ group }) => group).values()
    const sorted = (group: Entry[]) => group.sort((one, other) => this.#compare(one, other))
    return [...groups].flatMap((group) => sorted(group).slice(0, this.#count)).map(({ file }) => file)
  }

  #entryOf(file: FoundFile): Entry | 'unfit' | 'left out' {
    const match = this.#regex?.exec(file.path) ?? null
    if (this.#regex !== undefined && match === null) return 'unfit'
    const values: (number | string)[] = []
    for (const { read } of this.#sortings) {
      const value = read(file, match)
      if (value === undefined) return 'left out'
      if (Number.isNaN(value)) return 'unfit'
      values.push(value)
    }
    const group = this.#groupBy?.exec(file.path)
    if (this.#groupBy !== undefined && group === null) return 'unfit'
    return { file, group: JSON.stringify(Object.values(group?.groups ?? {})), values }
  }

  #compare(one: Entry, other: Entry): number {
    for (const [index, { sign }] of this.#sortings.entries()) {
      const [a, b] = [one.values[index] ?? 0, other.values[index] ?? 0]
      if (a !== b) return a < b ? -sign : sign
    }
    return one.file.path < other.file.path ? -1 : 1
  }
}

/** `NaN` is what cannot be sorted; `undefined` is to be left out. */
function sortingOf(key: SortKey, clock: Clock): Sorting {
  const { sort_type: type, regex_key: name = '', layout = '', location, max_time: maxMs } = key
  const sign = key.ascending ? 1 : -1
  if (type === 'mtime') {
    const isTooOld = (file: FoundFile) => maxMs !== undefined && clock.now() - file.stat.modifiedMs >= maxMs
    return { sign, read: (file) => (isTooOld(file) ? undefined : file.stat.modifiedMs) }
  }
  const textOf = (match: PatternMatch | null) => match?.groups?.[name] ?? ''
  if (type === 'alphabetical') return { sign, read: (_, match) => textOf(match) }
  if (type === 'numeric') {
    const numberOf = (text: string) => (/^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN)
    return { sign, read: (_, match) => numberOf(textOf(match)) }
  }
  const time = new FileTime(layout, location)
  return { sign, read: (_, match) => time.read(textOf(match)) }
}

/** @throws WeirError `WEIR_FILE_ORDER` */
export function checkOrder({ regex, sort_by: keys }: Criteria): void {
  for (const [index, key] of keys.entries()) checkAt(['sort_by', index], () => checkKey(key, regex))
}

function checkKey({ sort_type: type, regex_key: name, layout }: SortKey, regex: string | undefined): void {
  if (type === 'mtime') return
  if (regex === undefined) throw badOrder('sort_type', `sort_type ${type} needs ordering_criteria.regex`)
  if (name === undefined)
    throw badOrder('sort_type', `sort_type ${type} needs regex_key, the name of a group of the regex`)
  if (!regex.includes(`<${name}>`)) throw badOrder('regex_key', `the regex has no group (?<${name}>…)`)
  if (type !== 'timestamp') return
  if (layout === undefined) throw badOrder('sort_type', 'sort_type timestamp needs layout, such as %Y%m%d%H')
  const unknown = FileTime.unknownIn(layout)
  if (unknown !== undefined) throw badOrder('layout', `${unknown} is not known`)
}
