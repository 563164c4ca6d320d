import type { Buffer } from 'node:buffer'
import type { Acceptance } from './answer-reader.ts'

/** Where requests go. */
export interface Sink {
  /**
   * Sends one `ExportLogsServiceRequest`, and resolves when it has been taken.
   * @throws RetryableError, PermanentError, the reason of the signal
   */
  send(request: Buffer, signal: AbortSignal): Promise<Acceptance>
  close(): Promise<void>
}
