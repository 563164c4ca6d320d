/** Where messages go. */
export interface Sink {
  /**
   * Resolves when the kernel has the messages.
   * @throws RetryableError, PermanentError; the signal's reason when it aborts
   */
  send(messages: readonly string[], abortSignal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Resolves when what the kernel knows by now of sockets has been seen: the event loop has asked it once. */
export const eventsSeen = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
