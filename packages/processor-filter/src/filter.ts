import {
  Condition,
  Conditions,
  defineProcessor,
  type LogBatch,
  OneOf,
  type Processor,
  type Record,
  type Static,
  severityOf,
  Type,
} from '@weir/sdk'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

const config = Type.Object({
  include: Type.Array(Condition({ description: 'A condition.', examples: ['attributes.url.path != "/healthz"'] }), {
    description: 'Keep only records that meet one of these conditions; empty keeps all.',
    default: [],
  }),
  exclude: Type.Array(Condition({ description: 'A condition.' }), {
    description: 'Drop records that meet one of these conditions; it has the last word.',
    default: [],
  }),
  severity_number: Type.Optional(
    Type.Object(
      {
        min: OneOf(levels, { description: 'Drop records below this level.' }),
        match_undefined: Type.Boolean({
          description: 'Keep records of which the severity is not known.',
          default: true,
        }),
      },
      { description: 'Keep records by their severity; quicker than a condition.', additionalProperties: false },
    ),
  ),
})

/** Leaves records out. */
class FilterProcessor implements Processor {
  readonly #keeps: ((record: Record) => boolean) | undefined
  readonly #isLoudEnough: Uint8Array | undefined

  constructor({ include, exclude, severity_number: severity }: Static<typeof config>, conditions: Conditions) {
    const included = include.map((condition) => conditions.compile(condition))
    const excluded = exclude.map((condition) => conditions.compile(condition))
    if (included.length + excluded.length > 0) this.#keeps = keeping(included, excluded)
    if (severity === undefined) return
    const least = severityOf(severity.min)
    this.#isLoudEnough = Uint8Array.from({ length: 256 }, (_, number) =>
      Number(number === 0 ? severity.match_undefined : number >= least),
    )
  }

  process(batch: LogBatch): LogBatch | null {
    const loud = this.#isLoudEnough === undefined ? batch : ofSeverity(batch, this.#isLoudEnough)
    const kept = this.#keeps === undefined || loud.length === 0 ? loud : loud.filter(this.#keeps)
    return kept.length === 0 ? null : kept
  }
}

function keeping(
  included: readonly ((record: Record) => boolean)[],
  excluded: readonly ((record: Record) => boolean)[],
): (record: Record) => boolean {
  const isIncluded = anyOf(included)
  const isExcluded = anyOf(excluded)
  if (included.length === 0) return (record) => !isExcluded(record)
  return excluded.length === 0 ? isIncluded : (record) => isIncluded(record) && !isExcluded(record)
}

/** One closure for one condition: the usual case. */
function anyOf(conditions: readonly ((record: Record) => boolean)[]): (record: Record) => boolean {
  const [first = () => false, ...others] = conditions
  return others.length === 0 ? first : (record) => conditions.some((holds) => holds(record))
}

/** The records whose severity counts, by the column alone. */
function ofSeverity(batch: LogBatch, counts: Uint8Array): LogBatch {
  const { severityNumber, length } = batch
  const rows = new Uint32Array(length)
  let count = 0
  for (let index = 0; index < length; index++) {
    const row = batch.rowAt(index)
    if (counts[severityNumber[row] ?? 0] === 1) rows[count++] = row
  }
  return count === length ? batch : batch.select(rows.slice(0, count))
}

export const filter = defineProcessor({
  type: 'filter',
  description: 'Keeps or drops records by conditions and severity',
  stability: 'beta',
  config,
  inject: { conditions: Conditions },
  create: ({ config: given, conditions }) => new FilterProcessor(given, conditions),
})
