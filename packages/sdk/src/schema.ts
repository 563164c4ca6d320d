import { type Static, type TSchema, Type } from './type.ts'
import { durationPattern, sizePattern } from './units.ts'

export { type Static, type TSchema, Type }

interface FieldOptions<Value> {
  description: string
  default?: Value
  examples?: Value[]
}

interface TextOptions extends FieldOptions<string> {
  /** 1 where an empty text means nothing. */
  minLength?: number
}

/**
 * A duration such as `30s`. The operator writes a string with a unit; `create` receives **milliseconds**.
 * The keyword `weir: duration` tells core to convert it.
 */
export const Duration = (options: FieldOptions<string>) =>
  Type.Unsafe<number>({ type: 'string', pattern: durationPattern, weir: 'duration', ...options })

/** A size such as `4MiB`. The operator writes a string with a unit (or plain bytes); `create` receives **bytes**. */
export const Size = (options: FieldOptions<string>) =>
  Type.Unsafe<number>({ type: ['string', 'integer'], pattern: sizePattern, minimum: 0, weir: 'size', ...options })

/** A regular expression in JavaScript's syntax, checked when the config is read. Compile it with the `Patterns` token. */
export const Pattern = (options: TextOptions) => Type.Unsafe<string>({ type: 'string', weir: 'pattern', ...options })

/** A time zone: `UTC`, `Local`, `+02:00`, `Europe/Berlin`. Read times with it by `TimestampReader` or `TimeZone`. */
export const TimeZoneName = (options: FieldOptions<string>) =>
  Type.Unsafe<string>({ type: 'string', weir: 'time_zone', ...options })

/** A text with fields between braces: `{time} {attributes.host}`. For `parseTemplate`. */
export const Template = (options: TextOptions) => Type.Unsafe<string>({ type: 'string', weir: 'template', ...options })

/** What `dissect` takes a line apart by: `%{client.address} %{} [%{time}] %{body}`. */
export const DissectPattern = (options: FieldOptions<string>) =>
  Type.Unsafe<string>({ type: 'string', minLength: 1, weir: 'dissect', ...options })

/** A condition in CEL (`attributes.status >= 500`), type-checked when the config is read. Compile it with `Conditions`. */
export const Condition = (options: FieldOptions<string>) =>
  Type.Unsafe<string>({ type: 'string', weir: 'condition', ...options })

/** A value in the language of conditions (`attributes.bytes / 1024`), checked when the config is read. Compile it with `Expressions`. */
export const Expression = (options: FieldOptions<string>) =>
  Type.Unsafe<string>({ type: 'string', weir: 'expression', ...options })

/** A dotted path to a field of a record: `attributes.http.request.method`, `body.user`, `severityText`, `resource.service.name`. */
export const FieldPath = (options: FieldOptions<string>) =>
  Type.Unsafe<string>({ type: 'string', minLength: 1, weir: 'path', ...options })

/** A dotted path to a field that is written: an attribute, body, severity, time, trace or event name. For `fieldWriter`. */
export const FieldTarget = (options: FieldOptions<string>) =>
  Type.Unsafe<string>({ type: 'string', minLength: 1, weir: 'target', ...options })

/**
 * A file that the component writes to, or a glob of those that it reads (or leaves out), relative to the folder of the
 * config. Core sees to it that nothing reads what it writes itself.
 */
export const FilePath = (use: 'write' | 'read' | 'spare', options: Partial<FieldOptions<string>> = {}) =>
  Type.Unsafe<string>({ type: 'string', minLength: 1, weir: `file:${use}`, ...options })

/** A value that must never be shown in logs, in `weir config` or by the API. */
export const Secret = (options: FieldOptions<string>) =>
  Type.Unsafe<string>({ type: 'string', writeOnly: true, ...options })

/** One of a few words. */
export const OneOf = <const Words extends readonly string[]>(words: Words, options: FieldOptions<Words[number]>) =>
  Type.Unsafe<Words[number]>({ type: 'string', enum: words, ...options })

/**
 * The id of another component that the config defines: core checks that it is there. For a parser or detector an installed
 * type will do; an authenticator is an extension that `authenticates`.
 */
export const Reference = (kind: 'parser' | 'detector' | 'authenticator', options: FieldOptions<string>) =>
  Type.Unsafe<string>({ type: 'string', minLength: 1, weir: `reference:${kind}`, ...options })

/** The name of a pipeline that receives from this connector: core checks that it does. For `ConnectorOutput.to`. */
export const PipelineReference = (options: FieldOptions<string>) =>
  Type.Unsafe<string>({ type: 'string', minLength: 1, weir: 'reference:pipeline', ...options })
