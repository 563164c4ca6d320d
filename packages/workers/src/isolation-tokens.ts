import {
  type AttributeValue,
  Batches,
  Clock,
  ComponentId,
  Conditions,
  Expressions,
  LogBatch,
  Logger,
  Meter,
  type MetricOptions,
  Patterns,
  RunMode,
  State,
  Stopping,
  type Tokens,
} from '@weir/sdk'
import { SystemClock } from '@weir/telemetry'
import type { Instrument, LogLevel, Note } from './isolation-messages.ts'

/** Those that only make sense where the rest of the collector is are missing: outputs, other components, the terminal. */
const served = new Set(
  [Batches, Clock, ComponentId, Conditions, Expressions, Logger, Meter, Patterns, RunMode, State, Stopping].map(
    ({ name }) => name,
  ),
)

/** The services asked for that a component cannot have in a thread of its own. */
export const tokensBeyondIsolation = (inject: Tokens = {}): string[] =>
  Object.values(inject)
    .map(({ name }) => name)
    .filter((name) => !served.has(name))

export const cannotIsolate = (id: string, token: string): string =>
  `${id} cannot run in a worker: it needs the service "${token}", which stays with the collector`

export interface IsolatedServicesOptions {
  readonly id: string
  readonly runMode: RunMode
  /** What the component's state held when the thread began. */
  readonly state: readonly (readonly [string, AttributeValue])[]
  readonly stopping: AbortSignal
  say(note: Note): void
}

/**
 * The services that a component asks for, by token, in a thread of its own. What it logs, counts and stores is told to
 * core. The compilers, which are large, are loaded for those who ask for them.
 */
export async function isolatedServices(
  inject: Tokens = {},
  { id, runMode, state, stopping, say }: IsolatedServicesOptions,
): Promise<{ readonly [token: string]: unknown }> {
  const asked = new Set(Object.values(inject).map(({ name }) => name))
  const compilers = [Conditions, Expressions, Patterns].some(({ name }) => asked.has(name))
    ? (await import('./worker-tokens.ts')).workerTokens
    : {}
  return {
    ...compilers,
    [Clock.name]: new SystemClock(),
    [ComponentId.name]: id,
    [RunMode.name]: runMode,
    [Stopping.name]: stopping,
    [Batches.name]: { take: () => new LogBatch() },
    [Logger.name]: sayingLogger(say),
    [Meter.name]: sayingMeter(say),
    [State.name]: sayingState(state, say),
  }
}

function sayingLogger(say: (note: Note) => void): Logger {
  const at =
    (level: LogLevel) =>
    (first: object | string, second?: string): void =>
      say(
        typeof first === 'string'
          ? { is: 'log', level, fields: {}, message: first }
          : { is: 'log', level, fields: { ...first }, message: second ?? '' },
      )
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function sayingMeter(say: (note: Note) => void): Meter {
  const recorder =
    (type: Instrument['type'], name: string, options: MetricOptions) =>
    (value: number, attributes?: { [name: string]: string }): void =>
      say({ is: 'metric', instrument: { type, name, ...options }, value, attributes })
  return {
    counter: (name, options) => ({ add: recorder('counter', name, options) }),
    gauge: (name, options) => ({ record: recorder('gauge', name, options) }),
    histogram: (name, options) => ({ record: recorder('histogram', name, options) }),
  }
}

function sayingState(entries: IsolatedServicesOptions['state'], say: (note: Note) => void): State {
  const known = new Map(entries)
  const setAll = (changes: { readonly [key: string]: AttributeValue }) => {
    say({ is: 'state', entries: changes })
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) known.delete(key)
      else known.set(key, value)
    }
  }
  return {
    get: (key) => known.get(key),
    set: (key, value) => setAll({ [key]: value }),
    setAll,
    keys: () => [...known.keys()].sort(),
  }
}
