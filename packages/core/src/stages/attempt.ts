import type { ExportContext } from '@weir/sdk'

/** One attempt to export a batch. Most exporters need no signal, and one is dear: it is made when it is asked for. */
export class Attempt implements ExportContext {
  readonly #aborted = Promise.withResolvers<never>()
  #controller: AbortController | undefined
  #end: { readonly reason: unknown } | undefined

  constructor() {
    // Heard of in `run`, unless the export throws before that waits.
    this.#aborted.promise.catch(() => {})
  }

  get abortSignal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#end !== undefined) this.#controller.abort(this.#end.reason)
    return this.#controller.signal
  }

  /** Ends the attempt, whether or not the exporter heeds the signal. */
  abort(reason: unknown): void {
    if (this.#end !== undefined) return
    this.#end = { reason }
    this.#controller?.abort(reason)
    this.#aborted.reject(reason)
  }

  /** Runs the export until it is done or the attempt is aborted: what is thrown then is the reason. */
  async run(begin: (context: ExportContext) => Promise<void>): Promise<void> {
    try {
      await Promise.race([begin(this), this.#aborted.promise])
    } catch (error) {
      throw this.#end === undefined ? error : this.#end.reason
    }
  }
}
