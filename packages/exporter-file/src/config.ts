import { Duration, FilePath, OneOf, type Static, Template, Type } from '@weir/sdk'

/** Keys as in the Collector's fileexporter where it has them. */
export const fileConfig = Type.Object({
  path: FilePath('write', {
    description: 'File to write, relative to the folder of the config. Folders that are missing are made.',
    examples: ['/var/lib/weir/archive.ndjson'],
  }),
  format: OneOf(['ndjson', 'template'], {
    description:
      "`ndjson`: one JSON object a line, with the fields of OpenTelemetry's log data model. `template`: text.",
    default: 'ndjson',
  }),
  template: Template({
    description:
      'Line of the format `template`: text with fields in braces, such as `{attributes.url.path}`; `{line}` is the line as it came. A line break in a value stays one.',
    default: '{time} {severityText} {body}',
    examples: ['{line}'],
  }),
  append: Type.Boolean({ description: 'Go on with a file that is there; `false` empties it at start.', default: true }),
  fsync: OneOf(['never', 'interval', 'always'], {
    description:
      'When the system must bring what was written to the disk: when it likes, every `fsync_interval`, or before a batch counts as delivered. Only `always` keeps every delivered record when the power fails; a process that is killed loses nothing with any of them.',
    default: 'never',
  }),
  fsync_interval: Duration({
    description: 'Time between two writes to the disk with `fsync: interval`.',
    default: '1s',
  }),
  rotation: Type.Optional(
    Type.Object(
      {
        max_megabytes: Type.Number({
          description: 'Size in MiB that a file does not exceed, unless a single record does.',
          exclusiveMinimum: 0,
          default: 100,
        }),
        interval: Duration({
          description: 'Age at which a file is rotated, at the next record; `0` rotates by size alone.',
          default: '0',
          examples: ['24h'],
        }),
        max_backups: Type.Integer({
          description: 'Rotated files that are kept; `0` keeps all.',
          minimum: 0,
          default: 100,
        }),
        max_days: Type.Number({
          description: 'Days for which rotated files are kept; `0` keeps them for ever.',
          minimum: 0,
          default: 0,
        }),
        compression: OneOf(['none', 'gzip', 'zstd'], {
          description: 'How rotated files are compressed, in the background.',
          default: 'none',
        }),
      },
      {
        description:
          'Begins a new file when this one is large or old: `archive.ndjson` becomes `archive-2026-11-24T14-13-19.123.ndjson`, in UTC.',
        additionalProperties: false,
      },
    ),
  ),
})

export type FileConfig = Static<typeof fileConfig>
export type RotationConfig = NonNullable<FileConfig['rotation']>
