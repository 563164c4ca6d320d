import {
  type AttributeMap,
  type Definition,
  Duration,
  detectorKeys,
  OneOf,
  Pattern,
  Reference,
  Size,
  type Static,
  Type,
} from '@weir/sdk'

/** Where records go that cannot go on. */
const deadLetter = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        pipeline: Type.Optional(
          Type.String({ description: 'A logs pipeline, such as `logs/dead`; records have `weir.dead_letter.*`.' }),
        ),
        path: Type.Optional(
          Type.String({
            description: 'A file of NDJSON, relative to the config, that `weir replay` reads.',
            minLength: 1,
          }),
        ),
        max_size: Size({
          description: 'Bytes of the file; what comes beyond is dropped (counted, logged).',
          default: '100MiB',
        }),
      },
      { description, additionalProperties: false, minProperties: 1 },
    ),
  )

/** Keys of every receiver that reads lines. */
export const lineKeys = Type.Object({
  parser: Reference('parser', {
    description:
      'Parser of the lines: an installed type, or the id of an entry under `parsers`. `auto` looks at the first lines of each source.',
    default: 'auto',
  }),
  on_parse_error: OneOf(['keep', 'drop', 'dead_letter'], {
    description:
      'What becomes of a line that the parser does not understand: kept with the line as body, dropped (counted), or sent to `dead_letter`.',
    default: 'keep',
  }),
  dead_letter: deadLetter('Where lines go that were not understood, and records that are too long, if told so.'),
  keep_original: Type.Boolean({
    description: 'Add the line as it came as the attribute `log.record.original`.',
    default: false,
  }),
  max_log_size: Size({
    description: 'Longest record; what is longer is cut, dropped, or a dead letter.',
    default: '1MiB',
  }),
  max_log_size_behavior: OneOf(['truncate', 'drop', 'dead_letter'], {
    description:
      'What becomes of a record longer than `max_log_size`: its beginning goes on, it is dropped (counted), or its beginning goes to `dead_letter`.',
    default: 'truncate',
  }),
  multiline: Type.Optional(
    Type.Object(
      {
        line_start_pattern: Type.Optional(Pattern({ description: 'A line that matches begins a record.' })),
        line_end_pattern: Type.Optional(Pattern({ description: 'A line that matches ends a record.' })),
      },
      {
        description: 'Joins lines into records; give one of the two patterns.',
        additionalProperties: false,
        oneOf: [{ required: ['line_start_pattern'] }, { required: ['line_end_pattern'] }],
      },
    ),
  ),
  attributes: Type.Optional(
    Type.Unsafe<AttributeMap>({
      type: 'object',
      description: 'Attributes added to every record.',
      additionalProperties: true,
    }),
  ),
  resource: Type.Optional(
    Type.Unsafe<AttributeMap>({
      type: 'object',
      description: 'Resource attributes of every record.',
      additionalProperties: true,
    }),
  ),
})

/** Keys of every exporter: those of the Collector's exporterhelper. */
export const exporterKeys = Type.Object({
  sending_queue: Type.Object(
    {
      queue_size: Type.Integer({ description: 'Records that may wait.', default: 32_768, minimum: 1 }),
      max_bytes: Size({ description: 'Bytes that may wait.', default: '8MiB' }),
      policy: OneOf(['block', 'drop_newest', 'drop_oldest', 'spill'], {
        description:
          'When the queue in memory is full: hold back the pipeline, drop (counted), or write what does not fit to disk until the exporter has caught up.',
        default: 'block',
      }),
      storage: OneOf(['memory', 'disk'], {
        description:
          'Where batches wait. `disk`: in `service.state_dir`, over restarts; what is written counts as delivered upstream.',
        default: 'memory',
      }),
      max_size: Size({
        description: 'Bytes of the files of the queue under `storage: disk` and `policy: spill`.',
        default: '1GiB',
      }),
      fsync: OneOf(['always', 'interval', 'never'], {
        description:
          'When a batch on disk counts as delivered: after an fsync that begins at once (`always`) or at the next `fsync_interval`, either of which survives a power cut; or once it is written (`never`), which survives the death of the process alone.',
        default: 'interval',
      }),
      fsync_interval: Duration({
        description: 'Longest wait for an fsync under `fsync: interval`; a mebibyte does not wait.',
        default: '200ms',
      }),
      when_full: OneOf(['block', 'drop_oldest'], {
        description:
          'When `max_size` is reached: hold back the pipeline, or drop the oldest records (counted), an eighth of `max_size` or 16 MiB at a time.',
        default: 'block',
      }),
    },
    { description: 'The queue before the exporter.', default: {}, additionalProperties: false },
  ),
  batch: Type.Optional(
    Type.Object(
      {
        max_records: Type.Integer({
          description: 'Send when so many records are together.',
          default: 4096,
          minimum: 1,
        }),
        max_bytes: Size({ description: 'Send when so many bytes are together.', default: '1MiB' }),
        flush_timeout: Duration({ description: 'Send what there is after this time.', default: '200ms' }),
      },
      { description: 'Joins small batches into larger ones before they are exported.', additionalProperties: false },
    ),
  ),
  retry_on_failure: Type.Object(
    {
      enabled: Type.Boolean({ description: 'Try again after a retryable error.', default: true }),
      initial_interval: Duration({
        description: 'Longest wait before the first repetition; the wait is drawn between 0 and it.',
        default: '1s',
      }),
      max_interval: Duration({ description: 'Longest wait between repetitions.', default: '30s' }),
      multiplier: Type.Number({ description: 'Growth of the wait.', default: 2, minimum: 1 }),
      max_elapsed_time: Duration({
        description: 'Give a batch up (counted) after this time; 0 never gives up, and holds the source back instead.',
        default: '0',
      }),
    },
    { description: 'Repetition with exponential back-off and full jitter.', default: {}, additionalProperties: false },
  ),
  circuit_breaker: Type.Object(
    {
      failure_threshold: Type.Integer({
        description: 'Failures in a row that open the circuit.',
        default: 5,
        minimum: 1,
      }),
      open_duration: Duration({ description: 'How long nothing is sent before one batch is tried.', default: '30s' }),
    },
    { description: 'Leaves a sink that keeps failing in peace.', default: {}, additionalProperties: false },
  ),
  timeout: Duration({ description: 'Longest time for one attempt.', default: '30s' }),
  dead_letter: deadLetter('Where records go that are given up: refused for good, or tried for too long.'),
})

/** Those of a connector, which waits for room downstream as long as it takes. */
const { timeout: _, ...connectorKeys } = exporterKeys.properties

/** Keys of every component that can run in a thread of its own. */
const isolationKeys = Type.Object({
  isolation: OneOf(['none', 'worker'], {
    description:
      '`worker` runs it in a thread of its own, which is stopped and restarted when it loops, ends itself or needs too much memory.',
    default: 'none',
  }),
  isolation_options: Type.Object(
    {
      memory_limit: Size({
        description: 'Most memory for its heap, and as much again for its buffers.',
        default: '256MiB',
      }),
      time_budget: Duration({ description: 'Longest time for one batch.', default: '5s' }),
    },
    { description: 'Limits under `isolation: worker`.', default: {}, additionalProperties: false },
  ),
})

export type IsolationLimits = Static<typeof isolationKeys>['isolation_options']
/** Of `dead_letter`. */
export type DeadLetterSettings = NonNullable<Static<typeof exporterKeys>['dead_letter']>
export type LineSettings = Static<typeof lineKeys>
export type ExporterSettings = Static<typeof exporterKeys>

/** The standard keys that a component of this definition has besides its own. */
export function standardKeys(definition: Definition): object {
  if (definition.kind === 'receiver' && definition.reads === 'lines') return lineKeys.properties
  if (definition.kind === 'exporter') return exporterKeys.properties
  if (definition.kind === 'connector') return connectorKeys
  if (definition.kind === 'detector') return { ...detectorKeys.properties, ...isolationKeys.properties }
  if (definition.kind === 'parser' || definition.kind === 'processor') return isolationKeys.properties
  return {}
}
