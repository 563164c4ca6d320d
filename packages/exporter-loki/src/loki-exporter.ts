import { endpointUrl, HttpClient } from '@weir/http-client'
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
import { PushEncoder } from './push-encoder.ts'

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
  refusedRecords: number
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
      ...{ done: 0, refusedRecords: 0, firstRefusal: undefined },
    }
    this.#progress.set(batch, progress)
    let requests = 0
    for (const { body, count } of this.#encoder.encode(batch, progress.observedTime)) {
      if (requests++ < progress.done) continue
      try {
        await this.#client.send({ url: this.#url, headers: this.#headers, body, signal })
      } catch (error) {
        if (!isPermanentError(error)) throw error
        progress.refusedRecords += refusedOf(error.message, count)
        progress.firstRefusal ??= error
      }
      progress.done = requests
    }
    this.#progress.delete(batch)
    const { firstRefusal, refusedRecords } = progress
    if (firstRefusal === undefined) return
    const { code, hint, message } = firstRefusal
    const options = { code, cause: firstRefusal, records: refusedRecords, ...(hint === undefined ? {} : { hint }) }
    throw new PermanentError(message, options)
  }

  async stop(): Promise<void> {
    await this.#client.stop()
  }
}

/** How many entries of a request were refused: Loki takes the others, and says how many it did not. */
function refusedOf(message: string, count: number): number {
  const [, refused] = /total ignored: (\d+) out of \d+/.exec(message) ?? []
  return refused === undefined ? count : Math.min(Number(refused), count)
}
