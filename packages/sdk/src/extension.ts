import type { Authenticator } from './authenticator.ts'

/** Something that lives as long as the collector and is no part of a pipeline: health, an API, who may come in. */
export interface Extension {
  /** Called once, before everything else starts. */
  start(): void | Promise<void>
  /** Called once, after everything else has stopped. */
  stop(): void | Promise<void>
  /** For those that declare `authenticates: true`: receivers name them by `auth: { authenticator: ID }`. */
  readonly authenticator?: Authenticator
}
