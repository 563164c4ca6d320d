import type { Buffer } from 'node:buffer'
import { resolve } from 'node:path'
import {
  Clock,
  Duration,
  defineProcessor,
  FieldPath,
  type FieldReader,
  fieldReader,
  type LogBatch,
  Logger,
  type Processor,
  Record,
  RunMode,
  type Static,
  type Timer,
  Type,
} from '@weir/sdk'
import { readGeoDatabase } from './geo-database.ts'
import { type Lookup, RememberingLookup } from './lookup.ts'
import { readTable } from './table.ts'
import { userAgents } from './user-agent.ts'
import { WatchedFile } from './watched-file.ts'

const table = Type.Object(
  {
    path: Type.String({ description: 'A file in CSV with a header line; relative to the config.', minLength: 1 }),
    key_column: Type.String({ description: 'Column that is looked up.', minLength: 1 }),
    field: FieldPath({ description: 'Field whose value is looked up.', examples: ['attributes.host.name'] }),
    columns: Type.Array(Type.String(), {
      description: 'Columns that become attributes of their names; empty: all but the key.',
      default: [],
    }),
    prefix: Type.String({
      description: 'Stands before the names of the attributes.',
      default: '',
      examples: ['owner.'],
    }),
    separator: Type.String({ description: 'Between two cells.', default: ',', minLength: 1 }),
  },
  { additionalProperties: false },
)
const database = Type.Object(
  {
    database: Type.String({
      description: 'A file in MaxMind’s format (MMDB): cities, countries, autonomous systems; relative to the config.',
      minLength: 1,
    }),
    field: FieldPath({ description: 'Field that holds the address.', default: 'attributes.client.address' }),
  },
  { additionalProperties: false },
)
const config = Type.Object({
  tables: Type.Array(table, { description: 'Tables in which values are looked up.', default: [] }),
  geoip: Type.Array(database, {
    description: 'Databases in which addresses are looked up: attributes `geo.…` and `as.…`.',
    default: [],
  }),
  user_agent: Type.Optional(
    Type.Object(
      {
        field: FieldPath({
          description: 'Field that holds the user agent.',
          default: 'attributes.user_agent.original',
        }),
      },
      {
        description: 'Reads user agents: `user_agent.name`, `.version`, `.os.name`, `.os.version`, `.synthetic.type`.',
        additionalProperties: false,
      },
    ),
  ),
  reload_interval: Duration({ description: 'How often it is looked whether a file has changed.', default: '10s' }),
})

interface Services {
  readonly clock: Clock
  readonly logger: Logger
  readonly mode: RunMode
}

/** Adds what is known of values in the records. */
class EnrichProcessor implements Processor {
  readonly #files: readonly WatchedFile[]
  readonly #lookups: readonly { readonly read: FieldReader; readonly lookup: Lookup }[]
  readonly #clock: Clock
  readonly #reloadMs: number
  #timer: Timer | undefined
  #isStopped = false

  constructor(given: Static<typeof config>, { clock, logger, mode }: Services) {
    this.#clock = clock
    this.#reloadMs = given.reload_interval
    const file = (path: string, read: (bytes: Buffer) => Lookup) =>
      new WatchedFile({ path: resolve(mode.baseDir, path), logger, read })
    const tables = given.tables.map((options) => ({
      field: options.field,
      file: file(options.path, (bytes) => readTable(bytes, options)),
    }))
    const databases = given.geoip.map((options) => ({
      field: options.field,
      file: file(options.database, (bytes) => readGeoDatabase(bytes, options.database)),
    }))
    this.#files = [...tables, ...databases].map((each) => each.file)
    const lookups: { field: string; file: Lookup }[] = [...tables, ...databases]
    if (given.user_agent !== undefined)
      lookups.push({ field: given.user_agent.field, file: new RememberingLookup(userAgents) })
    this.#lookups = lookups.map(({ field, file: lookup }) => ({ read: fieldReader(field), lookup }))
  }

  async start(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.load()))
    if (this.#isStopped || this.#files.length === 0) return
    this.#timer = this.#clock.every(this.#reloadMs, () => {
      for (const file of this.#files) void file.reload()
    })
  }

  process(batch: LogBatch): LogBatch {
    const record = new Record(batch)
    for (const { read, lookup } of this.#lookups) {
      for (let index = 0; index < batch.length; index++) {
        const value = read(record.at(batch.rowAt(index)))
        if (typeof value !== 'string' && typeof value !== 'number') continue
        for (const [name, found] of lookup.find(String(value))) record.attributes.set(name, found)
      }
    }
    return batch
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }
}

export const enrich = defineProcessor({
  type: 'enrich',
  description: 'Looks values up: in tables (CSV), user agents, and the places of addresses (MMDB)',
  stability: 'beta',
  config,
  mutates: true,
  inject: { clock: Clock, logger: Logger, mode: RunMode },
  create: ({ config: given, ...services }) => new EnrichProcessor(given, services),
})
