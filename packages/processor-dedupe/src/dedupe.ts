import {
  type Checkpoint,
  Condition,
  Conditions,
  type Counter,
  Duration,
  defineProcessor,
  FieldPath,
  type FieldReader,
  fieldReader,
  LogBatch,
  Meter,
  type Processor,
  Record,
  RunMode,
  State,
  type Static,
  Type,
  textOf,
} from '@weir/sdk'
import { appendRepeats, type Repeats } from './repeats.ts'
import { restoreWindows, saveWindows } from './saved-windows.ts'
import { type Group, Windows } from './windows.ts'

const config = Type.Object({
  fields: Type.Array(FieldPath({ description: 'A field.', examples: ['attributes.log.template.id'] }), {
    description: 'Records of one source that are equal in these fields are the same.',
    default: ['severityText', 'body'],
    minItems: 1,
  }),
  interval: Duration({
    description: 'After a record, how long its like are held back, in the time of the records.',
    default: '10s',
  }),
  max_keys: Type.Integer({
    description: 'Different records that are remembered; beyond that the oldest are forgotten.',
    default: 50_000,
    minimum: 1,
  }),
  log_count_attribute: Type.String({
    description: 'Attribute that gets the number of records held back.',
    default: 'log_count',
    minLength: 1,
  }),
  where: Type.Optional(Condition({ description: 'Only records that meet this condition; others pass.' })),
})

const stateKey = 'windows'

interface Services {
  readonly conditions: Conditions
  readonly meter: Meter
  readonly state: State
  readonly mode: RunMode
}

/** Lets the first of identical records through at once, and one for those that it held back when their window is over. */
class DedupeProcessor implements Processor {
  readonly #readers: readonly FieldReader[]
  readonly #isMeant: ((record: Record) => boolean) | undefined
  readonly #countAttribute: string
  readonly #windows: Windows
  readonly #dropped: Counter
  readonly #state: State
  readonly #endsWithInput: boolean

  constructor(given: Static<typeof config>, { conditions, meter, state, mode }: Services) {
    this.#state = state
    this.#endsWithInput = mode.once
    this.#readers = given.fields.map(fieldReader)
    this.#isMeant = given.where === undefined ? undefined : conditions.compile(given.where)
    this.#countAttribute = given.log_count_attribute
    this.#dropped = meter.counter('weir_dedupe_repeats', {
      description: 'Records held back because they were the same as one before',
      unit: '{record}',
    })
    const forgotten = meter.counter('weir_dedupe_forgotten_repeats', {
      description: 'Of those, the ones that no record was sent for, because max_keys was reached',
      unit: '{record}',
    })
    this.#windows = new Windows({
      windowMs: given.interval,
      maxKeys: given.max_keys,
      onForgotten: (count) => count > 0 && forgotten.add(count),
    })
  }

  start(): void {
    restoreWindows(this.#state.get(stateKey), this.#windows)
  }

  process(batch: LogBatch): LogBatch | null {
    const { length } = batch
    if (length === 0) return null
    const group = this.#windows.group(batch.source, batch.resource)
    const over: Repeats[] = []
    const rows = new Uint32Array(length)
    const record = new Record(batch)
    let count = 0
    for (let index = 0; index < length; index++) {
      const row = batch.rowAt(index)
      record.at(row)
      if (this.#isMeant !== undefined && !this.#isMeant(record)) {
        rows[count++] = row
        continue
      }
      const time = timeOf(record, group)
      if (time > group.watermark) group.watermark = time
      if (this.#windows.isFirst(group, this.#keyOf(record), record, time, over)) rows[count++] = row
    }
    if (count < length) this.#dropped.add(length - count)
    this.#windows.expire(group, over)
    const kept = count === length ? batch : batch.select(rows.slice(0, count))
    if (over.length > 0) return this.#with(kept, over)
    return count === 0 ? null : kept
  }

  /** Windows are over with the input; of one that only pauses they go on after the pause. */
  flush(): LogBatch[] {
    if (!this.#endsWithInput) return []
    return [...this.#windows.groups].flatMap((group) => {
      const over = this.#windows.end(group)
      const { source, resource } = group
      const batch = new LogBatch({ source, resource, capacity: over.length })
      for (const repeats of over) appendRepeats(batch, repeats, this.#countAttribute)
      return over.length === 0 ? [] : [batch]
    })
  }

  checkpoint(): Checkpoint {
    return { [stateKey]: saveWindows(this.#windows.groups, false) }
  }

  stop(): void {
    this.#state.set(stateKey, saveWindows(this.#windows.groups, true))
  }

  /** The records and, after them, those for what was held back; columns of its own, the same bytes. */
  #with(kept: LogBatch, over: readonly Repeats[]): LogBatch {
    const copy = kept.copy(over.length)
    const first = copy.rowCount
    for (const repeats of over) appendRepeats(copy, repeats, this.#countAttribute)
    const rows = new Uint32Array(kept.length + over.length)
    for (let index = 0; index < rows.length; index++)
      rows[index] = index < kept.length ? kept.rowAt(index) : first + index - kept.length
    return copy.select(rows)
  }

  #keyOf(record: Record): string {
    const [first, ...others] = this.#readers
    let key = textOf(first?.(record))
    for (const read of others) {
      const text = textOf(read(record))
      key += `\u001f${text.length}:${text}`
    }
    return key
  }
}

/** Event time; of a record without one, that which its source has come to, or when it was seen where no record has one. */
function timeOf({ time, observedTime }: Record, group: Group): number {
  const { watermark } = group
  if (!Number.isNaN(time)) {
    // What was seen so far went by another clock, which may be far ahead.
    if (!group.isTimed) group.watermark = time
    group.isTimed = true
    return time
  }
  if (!group.isTimed && !Number.isNaN(observedTime)) return observedTime
  return watermark === Number.NEGATIVE_INFINITY ? 0 : watermark
}

export const dedupe = defineProcessor({
  type: 'dedupe',
  description: 'Lets the first of identical records through, and one with a count for those that follow',
  stability: 'beta',
  config,
  inject: { conditions: Conditions, meter: Meter, state: State, mode: RunMode },
  create: ({ config: given, ...services }) => new DedupeProcessor(given, services),
})
