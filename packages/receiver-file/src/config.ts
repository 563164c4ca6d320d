import { Duration, OneOf, Size, type Static, Type } from '@weir/sdk'

/** Keys as in the Collector's filelog receiver where it has them. */
export const fileConfig = Type.Object({
  include: Type.Array(Type.String({ minLength: 1 }), {
    description:
      'Files to read: paths or globs (`*`, `?`, `[a-z]`, `{a,b}`, `**`). Relative to the folder of the config.',
    minItems: 1,
    examples: [['/var/log/nginx/*.log']],
  }),
  exclude: Type.Array(Type.String({ minLength: 1 }), {
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
})

export type FileConfig = Static<typeof fileConfig>
