import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { alertEventName, checkAt, type LogBatch, type Record, WeirError } from '@weir/sdk'
import { bodyTemplate } from './body-template.ts'
import type { WebhookConfig } from './config.ts'
import { discord } from './presets/discord.ts'
import { generic } from './presets/generic.ts'
import { mattermost } from './presets/mattermost.ts'
import { ntfy, topicOf } from './presets/ntfy.ts'
import { opsgenie } from './presets/opsgenie.ts'
import { pagerduty } from './presets/pagerduty.ts'
import type { Preset } from './presets/preset.ts'
import { slack } from './presets/slack.ts'
import { teams } from './presets/teams.ts'

export interface OutgoingRequest {
  readonly url: URL
  readonly recordCount: number
  readonly body: Buffer
  /** The same whenever the same records are sent. */
  readonly idempotencyKey: string
}

/** How records become requests. */
export class RequestFormat {
  readonly #preset: Preset
  readonly #maxPerRequest: number
  readonly #write: (entries: readonly unknown[], url: URL) => string

  /** @throws WeirError for a template that is none, or a key that is missing */
  constructor(config: WebhookConfig) {
    this.#preset = presetOf(config)
    const { body, max_per_request: asked = this.#preset.maxPerRequest } = config
    this.#maxPerRequest = Math.min(asked, this.#preset.maxPerRequest)
    this.#write = (entries, url) => JSON.stringify(this.#preset.payload(entries, url))
    if (body === undefined) return
    const contentType = Object.entries(config.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
    const isJson = contentType === undefined || /\bjson\b/i.test(contentType)
    const template = checkAt(['body'], () => bodyTemplate(body, isJson))
    const { target: _, ...preset } = this.#preset
    this.#preset = { ...preset, maxPerRequest: 1, read: template, payload: () => undefined }
    this.#maxPerRequest = 1
    this.#write = ([text]) => String(text)
  }

  /** Where requests go if the config does not say. */
  get url(): string | undefined {
    return this.#preset.url
  }

  get credentials(): { readonly [name: string]: string } {
    return this.#preset.credentials ?? {}
  }

  /** The requests for the records of a batch, one made when it is asked for. */
  *requests(batch: LogBatch, url: URL): Generator<OutgoingRequest, void, void> {
    let entries: unknown[] = []
    let ids: string[] = []
    for (const record of batch) {
      entries.push(this.#preset.read(record))
      const id = alertId(record)
      if (id !== undefined) ids.push(id)
      if (entries.length < this.#maxPerRequest) continue
      yield this.#request(entries, ids, url)
      entries = []
      ids = []
    }
    if (entries.length > 0) yield this.#request(entries, ids, url)
  }

  #request(entries: readonly unknown[], ids: readonly string[], to: URL): OutgoingRequest {
    const body = Buffer.from(this.#write(entries, to))
    const url = this.#preset.target?.(entries, to) ?? to
    const recordCount = entries.length
    const [id] = ids
    if (id !== undefined && recordCount === 1) return { url, recordCount, body, idempotencyKey: id }
    const content = ids.length === entries.length ? ids.join('\n') : body
    return { url, recordCount, body, idempotencyKey: createHash('sha256').update(content).digest('hex') }
  }
}

function presetOf({ preset, url, routing_key: routingKey, api_key: apiKey, body }: WebhookConfig): Preset {
  if (preset === 'pagerduty') {
    if (routingKey !== undefined || body !== undefined) return pagerduty(routingKey ?? '')
    throw new WeirError('the preset pagerduty needs routing_key', {
      code: 'WEIR_WEBHOOK_ROUTING_KEY',
      configPath: ['preset'],
      hint: 'write the integration key of an Events API v2 integration: routing_key: ${env:PAGERDUTY_KEY}',
    })
  }
  if (preset === 'opsgenie') {
    if (apiKey !== undefined) return opsgenie(apiKey)
    throw new WeirError('the preset opsgenie needs api_key', {
      code: 'WEIR_WEBHOOK_API_KEY',
      configPath: ['preset'],
      hint: 'write the key of an API integration: api_key: ${env:OPSGENIE_KEY}',
    })
  }
  if (preset === 'ntfy' && url !== undefined && topicOf(URL.parse(url) ?? new URL('http://x')) === '') {
    throw new WeirError('url has no topic, which the preset ntfy needs', {
      code: 'WEIR_WEBHOOK_TOPIC',
      configPath: ['url'],
      hint: 'write the address at which you would subscribe: url: https://ntfy.sh/my-topic',
    })
  }
  return { generic, slack, discord, teams, mattermost, ntfy }[preset]
}

/** An alert's id, if it can stand in a header. */
function alertId(record: Record): string | undefined {
  if (record.eventName !== alertEventName) return undefined
  const id = record.attributes.get('alert.id')
  return typeof id === 'string' && /^[!-~]{1,255}$/.test(id) ? id : undefined
}
