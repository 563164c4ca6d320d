import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { checkHttp, endpointUrl, HttpClient, headerFields } from '@weir/http-client'
import {
  BatchMemory,
  type Clock,
  checkAt,
  type Exporter,
  isPermanentError,
  isRetryableError,
  type LogBatch,
  PermanentError,
  RetryableError,
  type RunMode,
  WeirError,
} from '@weir/sdk'
import { type BulkOutcome, bulkOutcome } from './bulk-answer.ts'
import { type Bulk, BulkEncoder } from './bulk-encoder.ts'
import type { ElasticsearchConfig } from './config.ts'
import { indexName } from './index-name.ts'

export interface ElasticsearchExporterOptions {
  config: ElasticsearchConfig
  mode: RunMode
  clock: Clock
}

/** What has become of a batch so far. */
interface Progress {
  /** Of the ids of its documents: a document that is sent again is known by its id. */
  readonly prefix: string
  /** Rows that are still to be sent; null for all. */
  rows: Uint32Array | null
  /** Rows of the records that were refused. */
  readonly refused: Set<number>
  refusal: string | undefined
}

interface Credential {
  readonly key: 'user' | 'api_key' | 'bearer_token'
  readonly authorization: string
}

const maxAnswerBytes = 64 * 2 ** 20
const answerFields = 'items.*.status,items.*.error.type,items.*.error.reason'

/** Indexes records by the bulk API. */
export class ElasticsearchExporter implements Exporter {
  readonly #encoder: BulkEncoder
  readonly #urls: readonly URL[]
  readonly #client: HttpClient
  readonly #progress = new BatchMemory<Progress>()
  #node = 0

  constructor({ config, mode, clock }: ElasticsearchExporterOptions) {
    this.#encoder = new BulkEncoder(config, clock)
    this.#urls = urlsOf(config)
    const [credential] = credentialsOf(config)
    const credentials = credential === undefined ? {} : { authorization: credential.authorization }
    this.#client = new HttpClient({ config, clock, baseDir: mode.baseDir, credentials })
  }

  async start(): Promise<void> {
    await this.#client.start()
  }

  async export(batch: LogBatch, { abortSignal }: { readonly abortSignal: AbortSignal }): Promise<void> {
    const progress = this.#progress.get(batch) ?? newProgress()
    this.#progress.set(batch, progress)
    const view = progress.rows === null ? batch : batch.select(progress.rows)
    const again: number[] = []
    let delay: string | undefined
    let done = 0
    try {
      for (const bulk of this.#encoder.encode(view, progress.prefix)) {
        const outcome = await this.#send(bulk, abortSignal)
        for (const index of outcome.retry) again.push(view.rowAt(done + index))
        delay ??= outcome.delay
        for (const index of outcome.refused) progress.refused.add(view.rowAt(done + index))
        progress.refusal ??= outcome.refusal
        done += bulk.count
      }
      if (again.length > 0) {
        throw new RetryableError(`${again.length} of ${view.length} records are to be sent again; the first: ${delay}`)
      }
    } finally {
      for (; done < view.length; done++) again.push(view.rowAt(done))
      progress.rows = Uint32Array.from(again)
    }
    this.#progress.delete(batch)
    const { refused, refusal } = progress
    if (refused.size === 0) return
    const rows = Array.from({ length: batch.length }, (_, place) => place).filter((place) =>
      refused.has(batch.rowAt(place)),
    )
    throw new PermanentError(`${refused.size} of ${batch.length} records were refused; the first: ${refusal}`, { rows })
  }

  async stop(): Promise<void> {
    await this.#client.stop()
  }

  async #send({ body, count }: Bulk, signal: AbortSignal): Promise<BulkOutcome> {
    const url = this.#urls[this.#node % this.#urls.length]
    if (url === undefined) throw new PermanentError('there is no endpoint')
    try {
      const headers = { 'content-type': 'application/x-ndjson' }
      const { text } = await this.#client.send({ url, headers, body, signal, maxAnswerBytes })
      return bulkOutcome(text, count)
    } catch (error) {
      if (isRetryableError(error) || signal.aborted) this.#node++
      if (!isPermanentError(error)) throw error
      // The other requests of the batch may fare better.
      return {
        retry: [],
        refused: Array.from({ length: count }, (_, index) => index),
        refusal: error.message,
        delay: undefined,
      }
    }
  }
}

const newProgress = (): Progress => ({
  prefix: `${randomBytes(9).toString('base64url')}-`,
  rows: null,
  refused: new Set(),
  refusal: undefined,
})

function urlsOf({ endpoint, endpoints = [], pipeline }: ElasticsearchConfig): URL[] {
  const one = endpoint === undefined && endpoints.length > 0 ? [] : [endpointUrl(endpoint, 'endpoint')]
  const others = endpoints.map((text, index) => endpointUrl(text, 'endpoints', ['endpoints', index]))
  return [...one, ...others].map((base) => {
    const url = new URL('_bulk', base.href.endsWith('/') ? base : `${base.href}/`)
    url.searchParams.set('filter_path', answerFields)
    if (pipeline !== undefined) url.searchParams.set('pipeline', pipeline)
    return url
  })
}

/** What proves who we are, by the key of the config that gives it. */
function credentialsOf({ user, password, api_key, bearer_token }: ElasticsearchConfig): Credential[] {
  const credentials: Credential[] = []
  const add = (key: Credential['key'], authorization: string) => credentials.push({ key, authorization })
  if (user !== undefined) add('user', `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`)
  if (api_key !== undefined) add('api_key', `ApiKey ${api_key}`)
  if (bearer_token !== undefined) add('bearer_token', `Bearer ${bearer_token}`)
  return credentials
}

/** @throws WeirError for addresses, headers, credentials or an index that cannot be */
export function checkElasticsearch(config: ElasticsearchConfig): void {
  urlsOf(config)
  checkAt(['logs_index'], () => indexName(config.logs_index))
  checkHttp(config)
  const credentials = credentialsOf(config)
  for (const { key, authorization } of credentials) headerFields({ authorization }, [key])
  const [, second] = credentials
  if (second === undefined) return
  throw new WeirError('of user, api_key and bearer_token one is enough', {
    code: 'WEIR_ELASTICSEARCH_CREDENTIALS',
    hint: 'remove the others',
    configPath: [second.key],
  })
}
