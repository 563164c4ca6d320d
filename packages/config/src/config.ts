import type { Kind, Signal } from '@weir/sdk'
import type { ConfigPath, Position } from './place.ts'
import type { ServiceConfig } from './service-schema.ts'

/** One configured component. */
export interface ComponentConfig {
  readonly kind: Kind
  /** `file/nginx` */
  readonly id: string
  /** `file` */
  readonly type: string
  /** As the operator wrote it, substituted. */
  readonly raw: { readonly [key: string]: unknown }
  /** As `create` gets it: with defaults, durations in milliseconds, sizes in bytes. */
  readonly resolved: { readonly [key: string]: unknown }
  readonly path: ConfigPath
}

export interface PipelineConfig {
  /** `logs/nginx` */
  readonly name: string
  readonly signal: Signal
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
  readonly path: ConfigPath
}

/** A validated config. That its pipelines make sense is for the graph to say. */
export interface WeirConfig {
  /** Folder of the config: relative paths start from it. */
  readonly baseDir: string
  readonly files: readonly string[]
  readonly components: ReadonlyMap<Kind, ReadonlyMap<string, ComponentConfig>>
  readonly pipelines: ReadonlyMap<string, PipelineConfig>
  /** Resolved; `state_dir` is absolute, or `memory`. */
  readonly service: ServiceConfig
  /** Everything as the operator wrote it, merged and substituted. */
  readonly raw: { readonly [section: string]: unknown }
  /** Where something was written: the value if it is a scalar, else its key, else the nearest thing around it. */
  locate(path: ConfigPath): Position | undefined
}
