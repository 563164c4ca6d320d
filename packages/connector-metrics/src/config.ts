import { Condition, Duration, FieldPath, OneOf, type Static, Type, WeirError } from '@weir/sdk'

/** What can be said about the records of a window. */
const aggregates = ['count', 'rate', 'sum', 'min', 'max', 'mean', 'quantile', 'unique'] as const

const metricConfig = Type.Object(
  {
    name: Type.String({ description: 'Name of the metric, such as `http.server.requests`.', minLength: 1 }),
    description: Type.Optional(Type.String({ description: 'What it says, for whoever reads it.' })),
    unit: Type.Optional(Type.String({ description: 'Unit in UCUM: `By`, `ms`, `{request}`.' })),
    aggregate: OneOf(aggregates, {
      description:
        'Figure of the records in a window: how many, how many a second, or a figure of `field`; `unique` counts different values.',
      default: 'count',
    }),
    field: Type.Optional(FieldPath({ description: 'Field that the figure is of; not needed for count and rate.' })),
    quantiles: Type.Array(Type.Number({ description: '0.95 is the 95th percentile.', minimum: 0, maximum: 1 }), {
      description: 'For `aggregate: quantile`: a series for each, told apart by the attribute `quantile`.',
      default: [0.5, 0.95, 0.99],
      minItems: 1,
    }),
    where: Type.Optional(Condition({ description: 'Only records that meet this condition are looked at.' })),
    group_by: Type.Array(FieldPath({ description: 'A field of the record.' }), {
      description: 'A series for each combination of these fields, which become its attributes.',
      default: [],
    }),
    window: Duration({ description: 'Time that a figure is taken over.', default: '1m' }),
    slide: Type.Optional(
      Duration({
        description: 'How often there is a figure, where windows are to overlap: `window` is a multiple of it.',
      }),
    ),
    session_gap: Type.Optional(
      Duration({
        description:
          'Instead of `window`: a window for each series that lasts until nothing has come for so long. Group by what a session is of.',
      }),
    ),
    max_session: Duration({ description: 'A session that lasts so long is cut.', default: '1d' }),
    kind: Type.Optional(
      OneOf(['counter', 'gauge'], {
        description:
          'Left out, counts and sums over windows that do not overlap are counters, all else gauges. Values below zero are left out of a counter.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const config = Type.Object({
  metrics: Type.Array(metricConfig, { description: 'What is measured.', minItems: 1 }),
  allowed_lateness: Duration({
    description: 'How far records may be out of order; windows end so much later.',
    default: '5s',
  }),
  max_groups: Type.Integer({
    description:
      'Series of a metric that are told apart. The one not seen for longest makes room: what it has in open windows goes to the series with the attribute `otel.metric.overflow`.',
    default: 1000,
    minimum: 1,
  }),
  group_expiration: Duration({
    description: 'A series that nothing came for in so long is forgotten; until then counts of nothing are sent as 0.',
    default: '1h',
  }),
})

export type Config = Static<typeof config>
export type MetricConfig = Config['metrics'][number]

/** @throws WeirError `WEIR_METRIC_CONFIG` */
export function checkMetric(metric: MetricConfig): void {
  const { name, aggregate, field, window, slide, session_gap: gap, kind } = metric
  const fail = (key: string, message: string, hint: string) => {
    throw new WeirError(`the metric ${name} ${message}`, { code: 'WEIR_METRIC_CONFIG', hint, configPath: [key] })
  }
  const isOfRecords = aggregate === 'count' || aggregate === 'rate'
  if (!isOfRecords && field === undefined)
    fail('aggregate', `needs a field for its ${aggregate}`, 'set field, such as attributes.duration')
  if (isOfRecords && field !== undefined)
    fail('field', 'counts records and has no use for a field', 'write aggregate: unique, or where:')
  if (window <= 0) fail('window', 'has a window of no length', 'write window: 1m')
  if (slide !== undefined && (slide <= 0 || window % slide !== 0))
    fail('slide', 'has a window that is no multiple of slide', 'write window: 1m and slide: 10s')
  if (slide !== undefined && gap !== undefined)
    fail('session_gap', 'has both slide and session_gap', 'leave one of them out')
  if (gap !== undefined && gap <= 0) fail('session_gap', 'has a session_gap of no length', 'write session_gap: 30m')
  if (gap !== undefined && aggregate === 'rate')
    fail('aggregate', 'is a rate, which sessions do not have', 'write aggregate: count')
  if (kind === 'counter' && ((aggregate !== 'count' && aggregate !== 'sum') || (slide ?? window) !== window))
    fail('kind', 'cannot be a counter', 'only counts and sums over windows that do not overlap can')
}

/** What the points of a metric are. */
export function kindOf({ aggregate, window, slide, kind }: MetricConfig): 'counter' | 'gauge' {
  if (kind !== undefined) return kind
  return (aggregate === 'count' || aggregate === 'sum') && (slide ?? window) === window ? 'counter' : 'gauge'
}
