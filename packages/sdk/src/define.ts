import type { Signal } from './batch.ts'
import type { Detector } from './detector.ts'
import type { Exporter } from './exporter.ts'
import type { Extension } from './extension.ts'
import type { Parser } from './parser.ts'
import type { Processor } from './processor.ts'
import type { Receiver } from './receiver.ts'
import type { Static, TSchema } from './schema.ts'
import type { Injected, Tokens } from './token.ts'

const brand = Symbol.for('weir.definition')

/** The kinds of component, each with the section of the config that holds it. */
export const sections = {
  receiver: 'receivers',
  parser: 'parsers',
  processor: 'processors',
  detector: 'detectors',
  exporter: 'exporters',
  connector: 'connectors',
  extension: 'extensions',
} as const

export type Kind = keyof typeof sections

export type Stability = 'development' | 'alpha' | 'beta' | 'stable' | 'deprecated'

/** What `create` is called with: the validated config, and the services asked for by `inject`. */
export type Context<Schema extends TSchema, T extends Tokens> = Injected<T> & { readonly config: Static<Schema> }

interface Common<Instance, Schema extends TSchema, T extends Tokens> {
  /** The word that the operator writes: `file`, `rate`. Lower case, digits, `_`. */
  type: string
  /** One line for `weir components`. */
  description?: string
  stability?: Stability
  /** Schema of the component's own keys, an object; the kind's standard keys come on top. Left out: it has none. */
  config?: Schema
  /**
   * What the schema cannot say (two keys that exclude each other, a language of its own): throws a `WeirError`, with the
   * `configPath` of the fault, for a config that `create` could make nothing of. Called when a config is read, so `weir validate`
   * shows the place, and nothing is created otherwise. It looks at the config alone: no files, no network.
   */
  check?(config: Static<Schema>): void
  /** The services that it needs, by the name under which `create` gets them. */
  inject?: T
  /** Makes one instance. Called once per configured component (parsers, detectors: also for each group or source). */
  create(context: Context<Schema, T>): Instance
}

interface Traits {
  /** receiver: `lines` gives it `output.sendLines` and the keys `parser`, `multiline`, … */
  reads?: 'lines' | 'records'
  /**
   * receiver of lines: the parser that reads its lines unless the operator names another, and the receiver's own keys
   * that are handed on to it.
   */
  parses?: { readonly parser: string; readonly keys: readonly string[] }
  /**
   * receiver: it can tell its peers to send again later. When memory is short, `output.send` and `sendLines` then throw a
   * `RetryableError` with the code `WEIR_MEMORY_LIMIT` instead of waiting.
   */
  refuses?: boolean
  /** receiver: it ends by itself under `--once`; left out, `--once` runs until it is interrupted. */
  ends?: boolean
  /** processor: it changes the records that it is given. */
  mutates?: boolean
  /** processor, parser: it keeps nothing from batch to batch and may run in worker threads. */
  parallel?: boolean
  /** exporter: how many exports may be under way at once; 1 if left out. */
  concurrent?: number
  /** exporter: how small batches are joined before it, unless the operator says otherwise; not at all, if left out. */
  batches?: { readonly max_records?: number; readonly max_bytes?: string; readonly flush_timeout?: string }
  /** extension: it has an `authenticator`, which receivers can name. */
  authenticates?: boolean
  /** The signals that it takes; `['logs']` for processors, all for exporters if left out. */
  accepts?: readonly Signal[]
  /** processor, exporter: also a receiver of this signal elsewhere, through the token `ConnectorOutput`. */
  emits?: Signal
}

/** A component type as core sees it, whatever its schema and tokens. */
export interface Definition<K extends Kind = Kind, Instance = unknown> extends Traits {
  readonly kind: K
  readonly type: string
  readonly description?: string
  readonly stability?: Stability
  readonly config?: TSchema
  readonly inject?: Tokens
  check?(config: unknown): void
  create(context: { readonly [property: string]: unknown }): Instance
}

const define =
  <K extends Kind, Instance, Allowed extends keyof Traits = never>(kind: K) =>
  <const Schema extends TSchema, const T extends Tokens = Readonly<globalThis.Record<never, never>>>(
    definition: Common<Instance, Schema, T> & Pick<Traits, Allowed>,
  ): Definition<K, Instance> => {
    const branded = { ...definition, kind }
    Object.defineProperty(branded, brand, { value: 1 })
    // The one place where the typed side meets the untyped one: core builds the context from the same schema and tokens.
    return branded as unknown as Definition<K, Instance>
  }

export const defineReceiver = define<'receiver', Receiver, 'reads' | 'parses' | 'refuses' | 'ends'>('receiver')
export const defineParser = define<'parser', Parser, 'parallel'>('parser')
export const defineProcessor = define<'processor', Processor, 'mutates' | 'parallel' | 'accepts' | 'emits'>('processor')
export const defineDetector = define<'detector', Detector>('detector')
export const defineExporter = define<'exporter', Exporter, 'concurrent' | 'batches' | 'accepts'>('exporter')
export const defineConnector = define<'connector', Exporter, 'accepts' | 'emits'>('connector')
export const defineExtension = define<'extension', Extension, 'authenticates'>('extension')

export const isDefinition = (value: unknown): value is Definition =>
  typeof value === 'object' && value !== null && Reflect.get(value, brand) !== undefined
