import { type Static, Type } from '@weir/sdk'

/** What a key stands for in OTel's log data model, where it is no plain attribute. */
export const Role = { ATTRIBUTE: 0, BODY: 1, TIME: 2, SEVERITY: 3, TRACE_ID: 4, SPAN_ID: 5 } as const

const keys = (what: string, ...names: string[]) =>
  Type.Array(Type.String(), {
    description: `keys that hold ${what}, the first that a record has; letter case does not matter`,
    default: names,
  })

/** The keys of the config that say which keys of a record are which fields. */
export const wellKnownKeys = {
  body_keys: keys('the message', 'message', 'msg', 'body', 'log', 'short_message', '@message', '@m', 'event'),
  time_keys: keys(
    'the time, in any known form or as epoch in s, ms, µs or ns',
    'time',
    'timestamp',
    '@timestamp',
    'ts',
    'datetime',
    'date',
    'asctime',
    'eventtime',
    'event_time',
    'timemillis',
    '__realtime_timestamp',
    '@t',
    't',
  ),
  severity_keys: keys(
    'the level, as a word or as a number of pino, bunyan or syslog',
    'level',
    'severity',
    'severity_text',
    'severitytext',
    'lvl',
    'loglevel',
    'log_level',
    'log.level',
    'level_name',
    'levelname',
    'priority',
    '@l',
  ),
  trace_id_keys: keys('the trace id', 'trace_id', 'traceid', 'trace.id', 'dd.trace_id', 'oteltraceid'),
  span_id_keys: keys('the span id', 'span_id', 'spanid', 'span.id', 'dd.span_id', 'otelspanid'),
}

const schema = Type.Object(wellKnownKeys)
export type WellKnownKeys = Static<typeof schema>

/** Which role each name has, and how it ranks among those of the same role: the lower, the sooner. */
export class Roles {
  readonly #roles = new Map<string, { role: number; rank: number }>()
  readonly #names: ReadonlyMap<string, string>

  /** @param names what attributes are called whose key has another name */
  constructor(config: WellKnownKeys, names: ReadonlyMap<string, string> = new Map()) {
    this.#names = names
    this.#add(Role.SPAN_ID, config.span_id_keys)
    this.#add(Role.TRACE_ID, config.trace_id_keys)
    this.#add(Role.SEVERITY, config.severity_keys)
    this.#add(Role.TIME, config.time_keys)
    this.#add(Role.BODY, config.body_keys)
  }

  of(name: string): { role: number; rank: number } {
    return this.#roles.get(name.toLowerCase()) ?? { role: Role.ATTRIBUTE, rank: 0 }
  }

  /** The name of the attribute of a key. */
  attributeOf(name: string): string {
    return this.#names.get(name) ?? name
  }

  #add(role: number, names: readonly string[]): void {
    for (const [rank, name] of names.entries()) this.#roles.set(name.toLowerCase(), { role, rank })
  }
}
