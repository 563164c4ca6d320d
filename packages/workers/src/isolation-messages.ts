import type { MessagePort } from 'node:worker_threads'
import {
  type AlertReport,
  type AttributeValue,
  isWeirError,
  type LineSource,
  messageOf,
  type PackedBatch,
  type RunMode,
  WeirError,
} from '@weir/sdk'
import type { WorkerComponent } from './worker-component.ts'

/** Why a thread was stopped. */
export type FailureReason = 'create' | 'time_budget' | 'memory_limit' | 'exit' | 'exception'

/** What the thread of a component is born with. */
export interface IsolatedBirth {
  readonly port: MessagePort
  /** Counts what has been posted to the other side, which may be waiting for it. */
  readonly signal: Int32Array
  readonly component: WorkerComponent
  readonly id: string
  readonly runMode: RunMode
  readonly memoryLimit: number
}

/** What the component is made from, anew at each start. */
export interface Beginning {
  readonly state: readonly (readonly [string, AttributeValue])[]
  /** Of a detector: its instances, and what each knew. */
  readonly instances: readonly (readonly [number, AttributeValue | undefined])[]
}

/** What can be asked of a component's thread. */
export interface Methods {
  /** Makes the component. Returns the names of what it has. */
  create(beginning: Beginning): string[]
  /** Lines to batches. */
  parseBatch(bytes: Uint8Array, source: LineSource | undefined): PackedBatch[]
  /** One record of one or several lines; null if it is not of this format. */
  parseRecord(text: string, source: LineSource | undefined): PackedBatch | null
  sniff(lines: readonly string[]): number
  continues(line: string, previous: string | undefined, source: LineSource | undefined): boolean
  process(batch: PackedBatch): Processed | Promise<Processed>
  flush(): PackedBatch[] | Promise<PackedBatch[]>
  stop(): void | Promise<void>
  /** A further instance of a detector. Returns the names of what it has. */
  addInstance(instance: number): string[]
  observe(instance: number, batch: PackedBatch): Observed
  advance(instance: number, watermark: number): Observed
  snapshot(instance: number): AttributeValue
  restore(instance: number, snapshot: AttributeValue): void
  describe(instance: number): string | undefined
  interrupt(instance: number): void
  /** Of a batch of one record. */
  concerns(instance: number, batch: PackedBatch): boolean
  removeInstance(instance: number): void
}

export type MethodName = keyof Methods

/** What became of a batch: another, some rows of the same, or nothing. */
export type Processed =
  | { readonly is: 'batch'; readonly batch: PackedBatch }
  | { readonly is: 'rows'; readonly rows: Uint32Array | null }
  | null

/** What a detector reported, and the exception that ended it. */
export interface Observed {
  readonly reports: readonly AlertReport[]
  readonly error?: SentError
}

/** Calls a method of the component. `abort` tells it that it must stop at once and is not answered. */
export interface Request {
  readonly id: number
  readonly method: MethodName | 'abort'
  readonly args: readonly unknown[]
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a component's thread has to say. */
export type Message =
  | { readonly is: 'result'; readonly id: number; readonly result: unknown }
  | { readonly is: 'error'; readonly id: number; readonly error: SentError }
  | { readonly is: 'ending'; readonly reason: FailureReason; readonly error: string }
  | Note

/** What a component says without having been asked. */
export type Note =
  | { readonly is: 'log'; readonly level: LogLevel; readonly fields: object; readonly message: string }
  | { readonly is: 'metric'; readonly instrument: Instrument; readonly value: number; readonly attributes: Labels }
  | { readonly is: 'state'; readonly entries: { readonly [key: string]: AttributeValue } }

type Labels = { [name: string]: string } | undefined

export interface Instrument {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly description: string
  readonly unit?: string
}

/** An error as it crosses to another thread. */
export interface SentError {
  readonly message: string
  readonly code?: string
  readonly hint?: string
}

export function sentError(error: unknown): SentError {
  const message = messageOf(error)
  if (!isWeirError(error)) return { message }
  return { message, code: error.code, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}

/** The error that was sent: a WeirError if it was one there. */
export function receivedError({ message, code, hint }: SentError, component: string): Error {
  if (code === undefined) return new Error(message)
  return new WeirError(message, { code, component, ...(hint === undefined ? {} : { hint }) })
}

export const tooLarge = (limit: number): string => `it needed more memory than ${limit / 2 ** 20} MiB`
