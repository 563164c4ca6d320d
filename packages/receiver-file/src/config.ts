import { Duration, FilePath, OneOf, Pattern, Size, type Static, TimeZoneName, Type } from '@weir/sdk'

const sortKey = Type.Object(
  {
    sort_type: OneOf(['numeric', 'alphabetical', 'timestamp', 'mtime'], {
      description: 'As what a group of the regex is compared; `mtime` compares when the files were last written.',
    }),
    regex_key: Type.Optional(Type.String({ description: 'Name of the group.', examples: ['day'] })),
    ascending: Type.Boolean({ description: 'Least first; else the greatest, newest, last.', default: false }),
    layout: Type.Optional(
      Type.String({
        description: 'Of a timestamp: `%Y`, `%y`, `%m`, `%b`, `%d`, `%j`, `%H`, `%M`, `%S`, `%L`, `%f`, `%s`.',
        examples: ['%Y%m%d%H'],
      }),
    ),
    location: TimeZoneName({ description: 'Time zone of a timestamp.', default: 'UTC', examples: ['Europe/Berlin'] }),
    max_time: Type.Optional(
      Duration({ description: 'With `mtime`: leaves out files that were last written longer ago.', examples: ['1h'] }),
    ),
  },
  { additionalProperties: false },
)

const orderingCriteria = Type.Object(
  {
    regex: Type.Optional(
      Pattern({
        description: 'Matched against the path of each file; a file that does not match is left out.',
        examples: ['app-(?<day>\\d{8})\\.log$'],
      }),
    ),
    group_by: Type.Optional(
      Pattern({
        description: 'Puts files into groups by what its named groups match in their paths; `top_n` counts in each.',
        examples: ['/logs/(?<service>[^/]+)/'],
      }),
    ),
    top_n: Type.Integer({ description: 'How many files are followed.', minimum: 1, default: 1 }),
    sort_by: Type.Array(sortKey, {
      description: 'By what the files are ordered; the second counts where the first is equal.',
      minItems: 1,
    }),
  },
  {
    description: 'Follows only the first few of the files that match, such as the newest.',
    additionalProperties: false,
  },
)

/** Keys as in the Collector's filelog receiver where it has them. */
export const fileConfig = Type.Object({
  include: Type.Array(FilePath('read'), {
    description:
      'Files to read: paths or globs (`*`, `?`, `[a-z]`, `{a,b}`, `**`). Relative to the folder of the config.',
    minItems: 1,
    examples: [['/var/log/nginx/*.log']],
  }),
  exclude: Type.Array(FilePath('spare'), {
    description: 'Paths or globs of files that are left out, relative to the folder of the config.',
    default: [],
    examples: [['/var/log/nginx/*.gz']],
  }),
  start_at: OneOf(['beginning', 'end'], {
    description: 'Where to begin in files that are there at the first start. Files that appear later are read whole.',
    default: 'beginning',
  }),
  poll_interval: Duration({
    description: 'Time between two looks at the file system. Changes that the system announces are seen at once.',
    default: '200ms',
  }),
  fingerprint_size: Size({
    description: 'Bytes at the beginning of a file by which it is recognised; 16 at least.',
    default: '1000B',
  }),
  max_open_files: Type.Integer({
    description: 'Files that are kept open at once. More are followed in turn.',
    minimum: 8,
    default: 512,
  }),
  encoding: Type.String({
    description:
      'Character encoding of the files: `utf-8`, `utf-16le`, `utf-16be`, `latin1` and what iconv-lite knows.',
    default: 'utf-8',
    examples: ['utf-16le', 'windows-1252', 'shift_jis'],
  }),
  compression: OneOf(['auto', 'gzip', 'zstd', 'none'], {
    description: 'How the files are compressed; `auto` goes by the ending (`.gz`, `.zst`).',
    default: 'auto',
  }),
  flush_period: Duration({
    description: 'How long an incomplete last line waits for its end before it is sent as it is; `0` waits for ever.',
    default: '500ms',
  }),
  exclude_older_than: Type.Optional(
    Duration({ description: 'Leaves out files that were last written longer ago than this.', examples: ['24h'] }),
  ),
  ordering_criteria: Type.Optional(orderingCriteria),
  header: Type.Optional(
    Type.Object(
      {
        pattern: Pattern({
          description:
            'What a line of the header looks like. Its named groups become attributes of every record of the file.',
          examples: ['^# (?:host: (?<host>\\S+)|version: (?<version>\\S+)|.*)'],
        }),
      },
      {
        description:
          'Lines at the beginning of a file that tell of the file (64 KiB at most). They are no records, and no parser sees them.',
        additionalProperties: false,
      },
    ),
  ),
  delete_after_read: Type.Boolean({
    description:
      'Deletes a file once it has been read to its end and every line of it has been delivered, and stored where something remembers it; for files that are complete when they appear. Not with `start_at: end`.',
    default: false,
  }),
  include_file_name: Type.Boolean({ description: 'Adds the attribute `log.file.name`.', default: true }),
  include_file_path: Type.Boolean({ description: 'Adds the attribute `log.file.path`.', default: false }),
  include_file_name_resolved: Type.Boolean({
    description: 'Adds `log.file.name_resolved`: the name after symbolic links.',
    default: false,
  }),
  include_file_path_resolved: Type.Boolean({
    description: 'Adds `log.file.path_resolved`: the path after symbolic links.',
    default: false,
  }),
  include_file_owner_name: Type.Boolean({
    description: 'Adds `log.file.owner.name`: the user who owns the file. Not on Windows.',
    default: false,
  }),
  include_file_owner_group_name: Type.Boolean({
    description: 'Adds `log.file.owner.group.name`: the group that owns the file. Not on Windows.',
    default: false,
  }),
  include_file_permissions: Type.Boolean({
    description: 'Adds `log.file.permissions`: what owner, group and others may do, such as `640`. Not on Windows.',
    default: false,
  }),
})

export type FileConfig = Static<typeof fileConfig>
