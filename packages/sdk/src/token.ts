import type { Authenticator } from './authenticator.ts'
import type { LogBatch } from './batch.ts'
import type { CollectorStatus } from './collector-status.ts'
import type { Output } from './delivery.ts'
import type { Detector } from './detector.ts'
import type { Parser } from './parser.ts'
import type { Record } from './record.ts'
import type { AttributeValue } from './value.ts'

/** Names a service that `inject` can ask for, with its type. Compared by `name`, so that two copies of the SDK agree. */
export interface Token<Service> {
  readonly name: string
  readonly ' service'?: Service
}

export interface Tokens {
  readonly [property: string]: Token<unknown>
}

/** The services that a component gets for the tokens that it asked for. */
export type Injected<T extends Tokens> = {
  [Property in keyof T]: T[Property] extends Token<infer Service> ? Service : never
}

export const createToken = <Service>(name: string): Token<Service> => ({ name })

/** A timer that has been set. */
export interface Timer {
  cancel(): void
}

/** Wall-clock time, which tests replace. Detectors run on the time of the records and rarely need it. */
export interface Clock {
  /** Unix epoch in milliseconds. */
  now(): number
  /** Milliseconds from a fixed point, never stepping back: for durations. */
  monotonic(): number
  /** Calls `callback` once after `ms`. */
  after(ms: number, callback: () => void): Timer
  /** Calls `callback` every `ms`. */
  every(ms: number, callback: () => void): Timer
  /** Resolves after `ms`, or rejects with the signal's reason when it aborts. */
  sleep(ms: number, abortSignal?: AbortSignal): Promise<void>
}

/**
 * Durable state of one component, in a namespace of its own. Values are JSON. Each write is atomic and survives a crash;
 * `null` removes the key.
 */
export interface State {
  get(key: string): AttributeValue | undefined
  set(key: string, value: AttributeValue): void
  /** All or nothing. */
  setAll(entries: { readonly [key: string]: AttributeValue }): void
  keys(): string[]
}

/** The component's logger; each line carries the component's id. */
export interface Logger {
  debug(fields: object, message: string): void
  debug(message: string): void
  info(fields: object, message: string): void
  info(message: string): void
  warn(fields: object, message: string): void
  warn(message: string): void
  error(fields: object, message: string): void
  error(message: string): void
}

export interface MetricOptions {
  description: string
  /** UCUM, such as `By`, `ms`, `{record}`. */
  unit?: string
}

export interface Counter {
  add(value: number, attributes?: { [name: string]: string }): void
}

export interface Gauge {
  record(value: number, attributes?: { [name: string]: string }): void
}

export interface Histogram {
  record(value: number, attributes?: { [name: string]: string }): void
}

/** Metrics of the component; the id of the component is added as an attribute. Names begin with `weir_`. */
export interface Meter {
  counter(name: string, options: MetricOptions): Counter
  gauge(name: string, options: MetricOptions): Gauge
  histogram(name: string, options: MetricOptions): Histogram
}

/** Compiles conditions (`where:`): CEL, checked once. A comparison with a missing field is false, never an error. */
export interface Conditions {
  /** @throws WeirError `WEIR_CONDITION_INVALID` */
  compile(expression: string): (record: Record) => boolean
}

/** Compiles expressions that give a value, in the language of conditions: `attributes.bytes / 1024`, `"user " + body.user`. */
export interface Expressions {
  /**
   * What is compiled gives `undefined` where a field is missing or does not fit, and never throws.
   * @throws WeirError `WEIR_EXPRESSION_INVALID`
   */
  compile(expression: string): (record: Record) => AttributeValue | undefined
}

/** A compiled pattern that cannot stall the process. */
export interface CompiledPattern {
  readonly source: string
  test(text: string): boolean
  /** The match's groups (named ones by name too), or null. */
  exec(text: string): PatternMatch | null
}

export interface PatternMatch {
  /** Of the groups and the match as a whole. */
  readonly length: number
  readonly index: number
  readonly 0: string
  readonly [group: number]: string | undefined
  readonly groups?: { readonly [name: string]: string | undefined } | undefined
}

/** Compiles the operator's regular expressions so that no input can make them run away. */
export interface Patterns {
  /** @throws WeirError `WEIR_PATTERN_INVALID` */
  compile(source: string, flags?: string): CompiledPattern
}

/** An installed parser type, for those who choose among them (`auto`). */
export interface ParserType {
  readonly type: string
  /** A parser with the defaults of its config; `undefined` if the type cannot do without config. */
  create(): Parser | undefined
}

/** The parsers that are installed or configured. */
export interface Parsers {
  /** Every installed type. */
  types(): readonly ParserType[]
  /** The parser of an id under `parsers`, or of a type with its defaults. @throws WeirError `WEIR_PARSER_UNKNOWN` */
  create(id: string): Parser
}

/** A detector that the config names, as its host sees it. */
export interface DetectorType {
  /** `rate/5xx` */
  readonly id: string
  readonly type: string
  /** The whole validated config, with the host's standard keys. */
  readonly config: { readonly [key: string]: unknown }
  /** A new instance: the host makes one per group. */
  create(): Detector
}

/** The detectors of the config's `detectors` section, and every type by its defaults. */
export interface Detectors {
  /** @throws WeirError `WEIR_DETECTOR_UNKNOWN` */
  resolve(id: string): DetectorType
}

/** The extensions that authenticate (`authenticates: true` in their definition), by id. */
export interface Authenticators {
  /** To be called when a component starts: extensions have started by then. @throws WeirError `WEIR_AUTHENTICATOR_UNKNOWN` */
  resolve(id: string): Authenticator
}

/** What a connector sends into. What it sends while it takes a batch is part of that batch's delivery. */
export interface ConnectorOutput extends Output {
  /** An output into these pipelines alone, of those that name the connector under their receivers. */
  to(pipelines: readonly string[]): Output
}

/** What the whole collector says about itself. */
export interface Status {
  /** As it is now: it adds up the metrics, so once a second is often enough. */
  read(): CollectorStatus
}

/** How the collector runs. */
export interface RunMode {
  /** Read the input to its end, flush and stop (`weir run --once`). */
  readonly once: boolean
  /** History is only learnt from (`weir learn`): nobody is told what was noticed, and nothing is under way at the end. */
  readonly learning?: boolean
  /** Colours and cards make sense on the output. */
  readonly isTerminal: boolean
  /** Folder of the config, against which relative paths are resolved. */
  readonly baseDir: string
  /** The state directory; left out if the state is in memory. What is put there must not be mistaken for state. */
  readonly stateDir?: string
}

/** Writes to the process's output, which the command's own progress line shares. */
export interface Terminal {
  write(text: string): void
}

export const Clock = createToken<Clock>('clock')
export const State = createToken<State>('state')
export const Logger = createToken<Logger>('logger')
export const Meter = createToken<Meter>('meter')
export const Conditions = createToken<Conditions>('conditions')
export const Expressions = createToken<Expressions>('expressions')
export const Patterns = createToken<Patterns>('patterns')
export const Parsers = createToken<Parsers>('parsers')
export const Authenticators = createToken<Authenticators>('authenticators')
export const Detectors = createToken<Detectors>('detectors')
export const Status = createToken<Status>('status')
export const RunMode = createToken<RunMode>('run_mode')
export const Terminal = createToken<Terminal>('terminal')
/** The id of the component itself. */
export const ComponentId = createToken<string>('component_id')
/** Aborts when the component must stop at once. */
export const Stopping = createToken<AbortSignal>('stopping')
export const ConnectorOutput = createToken<ConnectorOutput>('connector_output')
/** Empty batches from the process's pool. */
export const Batches = createToken<{ take(): LogBatch }>('batches')
