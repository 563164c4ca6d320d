import {
  type AttributeValue,
  type CompiledPattern,
  type Detector,
  Duration,
  defineDetector,
  FieldPath,
  type FieldReader,
  fieldReader,
  formatDuration,
  type LogBatch,
  Pattern,
  Patterns,
  Record,
  type Report,
  type Static,
  Type,
  textOf,
} from '@weir/sdk'
import { Saved } from '@weir/windows'
import { sampleOf } from '../sample.ts'

const config = Type.Object({
  patterns: Type.Array(Pattern({ description: 'A regular expression in JavaScript’s syntax.' }), {
    description: 'Patterns that are looked for; each has an alert of its own.',
    minItems: 1,
  }),
  field: FieldPath({ description: 'Field that is searched.', default: 'body' }),
  ignore_case: Type.Boolean({ description: 'Whether capital and small letters are the same.', default: false }),
  threshold: Type.Integer({
    description: 'Matches within `window` that make an alert.',
    default: 1,
    minimum: 1,
    maximum: 100_000,
  }),
  window: Duration({ description: 'Time within which matches are counted.', default: '1m' }),
})

type Config = Static<typeof config>

/** Matches of one pattern. */
interface Watch {
  readonly pattern: CompiledPattern
  /** Times of the latest matches, no more than `threshold`, oldest first. */
  times: number[]
}

/** Looks for regular expressions. */
class PatternDetector implements Detector {
  readonly #config: Config
  readonly #read: FieldReader
  readonly #watches: readonly Watch[]
  /** All patterns as one: most records match none, and are done with after one search. */
  readonly #any: CompiledPattern | undefined

  constructor(given: Config, patterns: Patterns) {
    this.#config = given
    this.#read = fieldReader(given.field)
    const flags = given.ignore_case ? 'i' : ''
    this.#watches = given.patterns.map((source) => ({ pattern: patterns.compile(source, flags), times: [] }))
    this.#any = union(given.patterns, flags, patterns)
  }

  observe(record: Record, report: Report): void {
    const text = textOf(this.#read(record))
    if (text === '' || this.#any?.test(text) === false) return
    for (const watch of this.#watches) if (watch.pattern.test(text)) this.#matched(watch, record, report)
  }

  observeBatch(batch: LogBatch, report: Report): void {
    const record = new Record(batch)
    for (let index = 0; index < batch.length; index++) this.observe(record.at(batch.rowAt(index)), report)
  }

  interrupt(): void {
    for (const watch of this.#watches) watch.times = []
  }

  snapshot(): AttributeValue {
    return { times: this.#watches.map(({ times }) => [...times]) }
  }

  restore(snapshot: AttributeValue): void {
    for (const [index, times] of new Saved(snapshot).values('times').entries()) {
      const watch = this.#watches[index]
      if (watch !== undefined && Array.isArray(times)) watch.times = times.filter((time) => typeof time === 'number')
    }
  }

  #matched(watch: Watch, record: Record, report: Report): void {
    const { threshold, window } = this.#config
    const time = Number.isNaN(record.time) ? 0 : record.time
    const { source } = watch.pattern
    const shared = { severity: 'warning' as const, time, key: source, samples: [sampleOf(record)] }
    if (threshold === 1) {
      report({ title: `pattern found: ${source}`, ...shared })
      return
    }
    watch.times.push(time)
    if (watch.times.length > threshold) watch.times.shift()
    const first = watch.times[0] ?? time
    if (watch.times.length < threshold || time - first > window) return
    report({
      title: `pattern found ${threshold} times within ${formatDuration(window)}: ${source}`,
      ...shared,
      observed: threshold,
      windowStart: Math.min(first, time),
      windowEnd: Math.max(first, time),
    })
  }
}

/** One pattern that matches wherever one of these does; `undefined` if they cannot be put together. */
function union(sources: readonly string[], flags: string, patterns: Patterns): CompiledPattern | undefined {
  // A number or a name of a group means another group when patterns are put side by side.
  if (sources.length < 2 || sources.some((source) => /\\[1-9]|\(\?<[^=!]/.test(source))) return undefined
  try {
    return patterns.compile(sources.map((source) => `(?:${source})`).join('|'), flags)
  } catch {
    return undefined
  }
}

export const pattern = defineDetector({
  type: 'pattern',
  description: 'Regular expressions, by themselves or so many times within a window',
  config,
  inject: { patterns: Patterns },
  create: (context) => new PatternDetector(context.config, context.patterns),
})
