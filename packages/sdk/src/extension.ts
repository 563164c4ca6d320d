/** Something that lives as long as the collector and is no part of a pipeline: health, an API. */
export interface Extension {
  start(): void | Promise<void>
  stop(): void | Promise<void>
}
