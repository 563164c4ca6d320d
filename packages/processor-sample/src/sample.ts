import {
  Condition,
  Conditions,
  defineProcessor,
  FieldPath,
  type FieldReader,
  fieldReader,
  type LogBatch,
  type Processor,
  Record,
  Severity,
  type Static,
  Type,
  textOf,
} from '@weir/sdk'
import { FieldHash } from './field-hash.ts'
import { RateLimit } from './rate-limit.ts'

const config = Type.Object({
  sampling_percentage: Type.Number({
    description: 'Share of the values of `from_attribute` that are kept, with all their records.',
    default: 100,
    minimum: 0,
    maximum: 100,
  }),
  from_attribute: FieldPath({
    description: 'Field by which is chosen, the same everywhere; records without it are chosen by their body.',
    default: 'traceId',
  }),
  hash_seed: Type.Integer({
    description: 'Another seed chooses others. Collectors that are to choose alike need the same.',
    default: 0,
  }),
  rate_limit: Type.Optional(
    Type.Object(
      {
        records_per_second: Type.Number({
          description: 'Records that pass in a second of event time, on the average.',
          exclusiveMinimum: 0,
        }),
        burst: Type.Optional(
          Type.Integer({ description: 'Records that pass at once; those of a second if left out.', minimum: 1 }),
        ),
        by: Type.Optional(FieldPath({ description: 'Each value of this field has a limit of its own.' })),
      },
      { description: 'Bounds what the percentage has left.', additionalProperties: false },
    ),
  ),
  keep_errors: Type.Boolean({ description: 'Always keep records of severity ERROR and above.', default: true }),
  keep: Type.Array(Condition({ description: 'A condition.' }), {
    description: 'Always keep records that meet one of these conditions.',
    default: [],
  }),
})

/** What `sampling.ratio` is set to: the share of records like it that were kept. */
const ratioAttribute = 'sampling.ratio'

/** Keeps some of the records, and says of each for how many it stands. */
class SampleProcessor implements Processor {
  readonly #share: number
  readonly #hash: FieldHash
  readonly #limit: RateLimit | undefined
  readonly #group: FieldReader | undefined
  readonly #leastKept: number
  readonly #keeps: readonly ((record: Record) => boolean)[]
  #lastTime = 0

  constructor(given: Static<typeof config>, conditions: Conditions) {
    const { rate_limit: limit } = given
    this.#share = given.sampling_percentage / 100
    this.#hash = new FieldHash(given.from_attribute, given.hash_seed)
    this.#leastKept = given.keep_errors ? Severity.ERROR : Number.POSITIVE_INFINITY
    this.#keeps = given.keep.map((condition) => conditions.compile(condition))
    if (limit === undefined) return
    this.#limit = new RateLimit(
      limit.records_per_second,
      limit.burst ?? Math.max(1, Math.ceil(limit.records_per_second)),
    )
    this.#group = limit.by === undefined ? undefined : fieldReader(limit.by)
  }

  process(batch: LogBatch): LogBatch | null {
    const { length } = batch
    const rows = new Uint32Array(length)
    const record = new Record(batch)
    let count = 0
    for (let index = 0; index < length; index++) {
      const row = batch.rowAt(index)
      const ratio = this.#ratio(record.at(row))
      if (ratio === 0) continue
      rows[count++] = row
      if (ratio < 1) record.attributes.set(ratioAttribute, ratio)
    }
    return count === length ? batch : count === 0 ? null : batch.select(rows.slice(0, count))
  }

  /** The share of records like this that are kept; 0 if it is not. */
  #ratio(record: Record): number {
    if (record.severityNumber >= this.#leastKept || this.#keeps.some((holds) => holds(record))) return 1
    if (this.#share < 1 && this.#hash.of(record) >= this.#share) return 0
    if (this.#limit === undefined) return this.#share
    const group = this.#group === undefined ? '' : textOf(this.#group(record))
    const weight = this.#limit.admit(group, this.#timeOf(record))
    return weight === 0 ? 0 : this.#share / weight
  }

  /** Event time; of a record without one, that of the one before it. */
  #timeOf({ time, observedTime }: Record): number {
    if (!Number.isNaN(time)) this.#lastTime = time
    else if (this.#lastTime === 0 && !Number.isNaN(observedTime)) return observedTime
    return this.#lastTime
  }
}

export const sample = defineProcessor({
  type: 'sample',
  description: 'Keeps a share of the records, by a field or by a rate, and always the errors',
  stability: 'beta',
  config,
  mutates: true,
  inject: { conditions: Conditions },
  create: ({ config: given, conditions }) => new SampleProcessor(given, conditions),
})
