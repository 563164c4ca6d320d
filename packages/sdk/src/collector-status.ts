import type { Alert } from './alert.ts'
import type { Signal } from './batch.ts'

/** One alert as it stands now. */
export type AlertEntry = Pick<
  Alert,
  'fingerprint' | 'rule' | 'state' | 'severity' | 'title' | 'time' | 'startedAt' | 'count' | 'group'
>

/** A channel as it stands. */
export interface QueueStatus {
  readonly records: number
  readonly bytes: number
  readonly maxRecords: number
  readonly maxBytes: number
  /** How long, all in all, someone has had to wait for room in it, milliseconds. */
  readonly blockedMs: number
}

export interface ReceiverStatus {
  readonly id: string
  readonly records: number
  readonly bytes: number
  readonly parseFailures: number
  /** How long the oldest of its deliveries has been under way, milliseconds; 0 if none is. */
  readonly oldestDeliveryMs: number
}

export interface PipelineStatus {
  readonly name: string
  readonly signal: Signal
  readonly receivers: readonly string[]
  /** Processors and connectors of other pipelines that feed it. */
  readonly connectors: readonly string[]
  /** With what each has let through. */
  readonly processors: readonly { readonly id: string; readonly records: number; readonly errors: number }[]
  readonly exporters: readonly string[]
  readonly incoming: number
  readonly outgoing: number
  readonly dropped: number
  readonly queue: QueueStatus
}

export interface ExporterStatus {
  readonly id: string
  readonly sent: number
  /** Given up, or dropped by the queue. */
  readonly failed: number
  readonly retries: number
  readonly circuit: 'closed' | 'open' | 'half_open'
  /** How long it has not been closed, milliseconds; 0 while it is. */
  readonly circuitOpenMs: number
  readonly queue: QueueStatus
}

/** Where a collector is in its life; a reload goes through all three. */
export type Phase = 'starting' | 'running' | 'stopping'

/** What a running collector says about itself. Counters begin with the process. */
export interface CollectorStatus {
  readonly pid: number
  /** Unix epoch, milliseconds. */
  readonly time: number
  readonly uptimeMs: number
  readonly phase: Phase
  /** Config files. */
  readonly files: readonly string[]
  /** Processor time used so far, milliseconds. */
  readonly cpuMs: number
  readonly rssBytes: number
  readonly heapBytes: number
  /** What `service.memory_limit` sees, if there is one: bytes in use, and whether receivers are held back. */
  readonly memory?: {
    readonly usedBytes: number
    readonly softBytes: number
    readonly hardBytes: number
    readonly state: 'normal' | 'slowed' | 'refusing'
  }
  readonly receivers: readonly ReceiverStatus[]
  readonly pipelines: readonly PipelineStatus[]
  readonly exporters: readonly ExporterStatus[]
  readonly alerts: { readonly firing: number; readonly recent: readonly AlertEntry[] }
}
