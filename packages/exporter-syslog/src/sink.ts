/** Where messages go. */
export interface Sink {
  /**
   * Resolves when the kernel has the messages.
   * @throws RetryableError, PermanentError; the signal's reason when it aborts
   */
  send(messages: readonly string[], abortSignal: AbortSignal): Promise<void>
  close(): Promise<void>
}
