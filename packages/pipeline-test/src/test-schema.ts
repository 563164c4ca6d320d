import {
  type AttributeMap,
  type AttributeValue,
  Condition,
  Duration,
  OneOf,
  Pattern,
  type Static,
  Type,
} from '@weir/sdk'

const noOther = { additionalProperties: false }
const map = (description: string) => Type.Unsafe<AttributeMap>({ type: 'object', description })
const time = (description: string) =>
  Type.Unsafe<string | number>({
    type: ['string', 'number'],
    description: `${description}: ISO 8601, or milliseconds.`,
  })

const timeout = (description: string) => Type.Optional(Type.Unsafe<string>(Duration({ description })))

/** A record as a test writes it, by the names that conditions use. */
const record = Type.Object(
  {
    time: Type.Optional(time('When it happened')),
    severityNumber: Type.Optional(
      Type.Integer({ description: '1 to 24, as in OpenTelemetry.', minimum: 0, maximum: 24 }),
    ),
    severityText: Type.Optional(Type.String({ description: 'The level as the source wrote it.' })),
    body: Type.Optional(Type.Unsafe<AttributeValue>({ description: 'The message, or the line.' })),
    attributes: Type.Optional(map('By name.')),
    resource: Type.Optional(map('Resource attributes by name.')),
    traceId: Type.Optional(Type.String({ description: 'Hexadecimal.' })),
    spanId: Type.Optional(Type.String({ description: 'Hexadecimal.' })),
    eventName: Type.Optional(Type.String({ description: 'Name of the event, such as weir.alert.' })),
  },
  noOther,
)

const alert = Type.Object(
  {
    rule: Type.Optional(Type.String({ description: 'Id of the detector: rate/5xx.' })),
    severity: Type.Optional(OneOf(['info', 'warning', 'critical'], { description: 'How grave it is.' })),
    title: Type.Optional(Type.String({ description: 'The whole title.' })),
    title_matches: Type.Optional(Pattern({ description: 'A regular expression that is found in the title.' })),
    time: Type.Optional(time('Its event time')),
    state: Type.Optional(OneOf(['firing', 'resolved'], { description: 'Whether it begins or is over.' })),
    group: Type.Optional(map('Values of group_by, by path.')),
  },
  noOther,
)

const input = Type.Object(
  {
    to: Type.String({
      description: 'What gets it: the id of a receiver, a pipeline or a processor, as `weir tap` takes it.',
      minLength: 1,
    }),
    lines: Type.Optional(
      Type.Unsafe<string | string[]>({
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        description: 'Lines for a receiver: a text of several, or a list.',
      }),
    ),
    file: Type.Optional(Type.String({ description: 'A file of lines, relative to this one.', minLength: 1 })),
    records: Type.Optional(Type.Array(record, { description: 'Records, instead of lines.' })),
    source: Type.Optional(
      Type.String({ description: 'Which source the lines come from, where a receiver has several: /var/log/a.log.' }),
    ),
    attributes: Type.Optional(map('Attributes that the receiver gives to every record: log.file.name.')),
    resource: Type.Optional(map('Resource attributes that the receiver gives to every record.')),
  },
  noOther,
)

const range = Type.Object(
  {
    min: Type.Optional(Type.Integer({ description: 'So many at least.', minimum: 0 })),
    max: Type.Optional(Type.Integer({ description: 'So many at most.', minimum: 0 })),
  },
  noOther,
)

const where = Type.Object(
  {
    all: Type.Optional(Condition({ description: 'There are records, and every one meets this condition.' })),
    any: Type.Optional(Condition({ description: 'At least one record meets this condition.' })),
    none: Type.Optional(Condition({ description: 'No record meets this condition.' })),
  },
  { ...noOther, description: 'Conditions (CEL) on the records.', minProperties: 1 },
)

const expectation = Type.Object(
  {
    at: Type.Optional(
      Type.String({
        description:
          'Where: the id of a receiver, a pipeline (what enters it), a processor (what leaves it) or an exporter (what comes to it). Of `alerts` alone: every alerts pipeline.',
        minLength: 1,
      }),
    ),
    count: Type.Optional(
      Type.Unsafe<number | Static<typeof range>>({
        anyOf: [{ type: 'integer', minimum: 0 }, range],
        description: 'How many records: a number, or min and max.',
      }),
    ),
    records: Type.Optional(Type.Array(record, { description: 'Exactly these records, in this order.' })),
    contains: Type.Optional(
      Type.Array(record, { description: 'For each of these there is a record that has at least what it says.' }),
    ),
    where: Type.Optional(where),
    alerts: Type.Optional(
      Type.Array(alert, {
        description:
          'Exactly these alerts, in this order, each having at least what is said. Only those that begin firing count, unless one here has a state.',
      }),
    ),
  },
  noOther,
)

const test = Type.Object(
  {
    name: Type.String({ description: 'What the pipeline does.', minLength: 1 }),
    timeout: timeout('How long it may take. Default: that of the file.'),
    input: Type.Array(input, { description: 'What comes in, one after the other.' }),
    expect: Type.Array(expectation, { description: 'What is seen at points of the pipelines.', minItems: 1 }),
  },
  noOther,
)

const testFile = Type.Object(
  {
    config: Type.Optional(
      Type.Unsafe<string | string[]>({
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        description:
          'The config, or configs that are merged, relative to this file. Default: the weir.yaml beside or above it.',
      }),
    ),
    profile: Type.Optional(Type.String({ description: 'Profile of the config.' })),
    env: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'Environment variables for ${env:…} in the config.' }),
    ),
    now: Type.Optional(time('What the clock says, for times without a year or a date. Default: 2026-01-01T00:00:00Z')),
    timeout: timeout('How long each test may take. Default: 30s.'),
    tests: Type.Array(test, { description: 'The tests, each with pipelines of its own.', minItems: 1 }),
  },
  { ...noOther, description: 'Tests of the pipelines of a Weir config.' },
)

export type TestFileSpec = Static<typeof testFile>
export type TestSpec = TestFileSpec['tests'][number]
export type InputSpec = TestSpec['input'][number]
export type ExpectationSpec = TestSpec['expect'][number]
export type RecordSpec = Static<typeof record>
export type AlertSpec = Static<typeof alert>

/** The schema of a test file, with our own keywords. */
export const testFileSchema: object = testFile

/** The JSON Schema (draft-07) of a test file, for editors. */
export function testsSchema(): object {
  const plain: object = JSON.parse(JSON.stringify(testFile, (key, value) => (key === 'weir' ? undefined : value)))
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Weir pipeline tests', ...plain }
}
