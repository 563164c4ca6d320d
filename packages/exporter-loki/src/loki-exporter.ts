import { endpointUrl, HttpClient, RefusedRequestError } from '@weir/http-client'
import {
  BatchMemory,
  type Clock,
  type Exporter,
  isPermanentError,
  type LogBatch,
  PermanentError,
  type RunMode,
} from '@weir/sdk'
import type { LokiConfig } from './config.ts'
import { isolate } from './isolation.ts'
import { type Entry, PushEncoder } from './push-encoder.ts'

export interface LokiExporterOptions {
  config: LokiConfig
  mode: RunMode
  clock: Clock
}

/** What has become of the requests of a batch of which some are still to be sent. */
interface Progress {
  /** When its records without a time were seen: the same at each attempt, so that Loki knows them again. */
  readonly observedTime: number
  /** Requests that need not be sent again. */
  done: number
  readonly refusedRows: number[]
  firstRefusal: PermanentError | undefined
}

/** Pushes records to Loki. */
export class LokiExporter implements Exporter {
  readonly #encoder: PushEncoder
  readonly #url: URL
  readonly #headers: { readonly [name: string]: string }
  readonly #client: HttpClient
  readonly #progress = new BatchMemory<Progress>()

  constructor({ config, mode, clock }: LokiExporterOptions) {
    const url = endpointUrl(config.endpoint, 'endpoint')
    this.#url = url.pathname.endsWith('/push') ? url : new URL(`${url.href.replace(/\/$/, '')}/loki/api/v1/push`)
    this.#encoder = new PushEncoder(config, clock)
    this.#headers = {
      'content-type': 'application/json',
      ...(config.tenant_id === undefined ? {} : { 'x-scope-orgid': config.tenant_id }),
    }
    this.#client = new HttpClient({ config, clock, baseDir: mode.baseDir })
  }

  async start(): Promise<void> {
    await this.#client.start()
  }

  async export(batch: LogBatch, { abortSignal: signal }: { readonly abortSignal: AbortSignal }): Promise<void> {
    const progress = this.#progress.get(batch) ?? {
      observedTime: this.#encoder.observedTime(batch),
      ...{ done: 0, refusedRows: [], firstRefusal: undefined },
    }
    this.#progress.set(batch, progress)
    let requests = 0
    for (const entries of this.#encoder.requests(batch, progress.observedTime)) {
      if (requests++ < progress.done) continue
      const refusal = await this.#push(entries, signal)
      if (refusal !== undefined) {
        for (const { row } of await this.#refused(entries, refusal, signal)) progress.refusedRows.push(row)
        progress.firstRefusal ??= refusal
      }
      progress.done = requests
    }
    this.#progress.delete(batch)
    const { firstRefusal, refusedRows } = progress
    if (firstRefusal === undefined) return
    const { code, hint, message } = firstRefusal
    const rows = refusedRows.sort((one, other) => one - other)
    throw new PermanentError(message, { code, cause: firstRefusal, rows, ...(hint === undefined ? {} : { hint }) })
  }

  async stop(): Promise<void> {
    await this.#client.stop()
  }

  /** Why entries, or some of them, were refused for good; undefined if they were taken. */
  async #push(entries: readonly Entry[], signal: AbortSignal): Promise<PermanentError | undefined> {
    const body = this.#encoder.body(entries)
    try {
      await this.#client.send({ url: this.#url, headers: this.#headers, body, signal })
      return undefined
    } catch (error) {
      if (isPermanentError(error)) return error
      throw error
    }
  }

  /** Loki takes what is right of a request that it answers with 400, and nothing of others. */
  async #refused(entries: readonly Entry[], refusal: PermanentError, signal: AbortSignal): Promise<Iterable<Entry>> {
    if (!(refusal instanceof RefusedRequestError) || refusal.status !== 400) return entries
    return isolate(entries, refusal.text, async (some) => {
      const again = await this.#push(some, signal)
      return again instanceof RefusedRequestError ? again.text : again?.message
    })
  }
}
