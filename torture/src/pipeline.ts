import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TortureCase } from './torture-case.ts'

export interface PipelineOptions {
  readonly folder: string
  /** The receiver: its id, and its keys. */
  readonly receiver: { readonly id: string; readonly config: string }
  readonly kind: Pick<TortureCase, 'sink'>
  readonly sinkUrl: string
  /** Folder of state, queue and files that are written. */
  readonly disk: string
  /** Differs from one version of the config to the next. */
  readonly version: number
}

/** Reads files. */
export const fileReceiver = (include: string, keys = ''): PipelineOptions['receiver'] => ({
  id: 'file/app',
  config: `{ include: ['${include}'], parser: json, poll_interval: 50ms${keys} }`,
})

const queue = 'sending_queue: { storage: disk, max_size: 64MiB }'

/** Writes the config of a case; returns its path. */
export function writePipeline(
  name: string,
  { folder, receiver, kind, sinkUrl, disk, version }: PipelineOptions,
): string {
  const isFile = kind.sink === 'file' || kind.sink === 'queued_file'
  const isQueued = kind.sink === 'queued_file' || kind.sink === 'queued_http'
  const sink = isFile
    ? `path: ${disk}/archive.ndjson`
    : `url: ${sinkUrl}\n    batch: { max_records: 5000, flush_timeout: 20ms }`
  const path = join(folder, name)
  writeFileSync(
    path,
    `
receivers:
  ${receiver.id}: ${receiver.config}
detectors:
  new_pattern:
    warmup: 1m
  rate:
    window: 30s
  error_rate:
    window: 30s
processors:
  anomaly:
    detectors: [new_pattern, rate, error_rate]
exporters:
  ${isFile ? 'file/archive' : 'webhook/archive'}:
    ${sink}
    ${isQueued ? queue : ''}
    retry_on_failure: { initial_interval: 20ms, max_interval: ${100 + version}ms }
    circuit_breaker: { open_duration: 100ms }
  file/alerts:
    path: ${disk}/alerts.ndjson
    retry_on_failure: { initial_interval: 20ms, max_interval: 100ms }
service:
  state_dir: ${disk}/state
  checkpoint_interval: 200ms
  shutdown_timeout: 60s
  pipelines:
    logs:
      receivers: [${receiver.id}]
      processors: [anomaly]
      exporters: [${isFile ? 'file/archive' : 'webhook/archive'}]
    alerts:
      receivers: [anomaly]
      exporters: [file/alerts]
`,
  )
  return path
}
