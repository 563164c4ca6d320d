/** A request that is not what the OTLP schema says; the sender must not repeat it. */
export class MalformedError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedError'
  }
}

/** Levels of lists and maps within a value beyond which a request is refused. */
export const maxDepth = 64
