import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { alertEventName, type LogBatch, type Record, WeirError } from '@weir/sdk'
import { bodyTemplate } from './body-template.ts'
import type { WebhookConfig } from './config.ts'
import { discord } from './presets/discord.ts'
import { generic } from './presets/generic.ts'
import { pagerduty } from './presets/pagerduty.ts'
import type { Preset } from './presets/preset.ts'
import { slack } from './presets/slack.ts'
import { teams } from './presets/teams.ts'

export interface OutgoingRequest {
  readonly body: Buffer
  /** The same whenever the same records are sent. */
  readonly idempotencyKey: string
}

/** How records become requests. */
export class RequestFormat {
  readonly #preset: Preset
  readonly #maxPerRequest: number
  readonly #write: (entries: readonly unknown[]) => string

  /** @throws WeirError for a template that is none, or a key that is missing */
  constructor(config: WebhookConfig, contentType: string) {
    this.#preset = presetOf(config)
    const { body, max_per_request: asked = this.#preset.maxPerRequest } = config
    this.#maxPerRequest = Math.min(asked, this.#preset.maxPerRequest)
    this.#write = (entries) => JSON.stringify(this.#preset.payload(entries))
    if (body === undefined) return
    const template = bodyTemplate(body, /\bjson\b/i.test(contentType))
    const { url } = this.#preset
    this.#preset = { ...(url === undefined ? {} : { url }), maxPerRequest: 1, read: template, payload: () => undefined }
    this.#maxPerRequest = 1
    this.#write = ([text]) => String(text)
  }

  /** Where requests go if the config does not say. */
  get url(): string | undefined {
    return this.#preset.url
  }

  /** The requests for the records of a batch, one made when it is asked for. */
  *requests(batch: LogBatch): Generator<OutgoingRequest, void, void> {
    let entries: unknown[] = []
    let ids: string[] = []
    for (const record of batch) {
      entries.push(this.#preset.read(record))
      const id = alertId(record)
      if (id !== undefined) ids.push(id)
      if (entries.length < this.#maxPerRequest) continue
      yield this.#request(entries, ids)
      entries = []
      ids = []
    }
    if (entries.length > 0) yield this.#request(entries, ids)
  }

  #request(entries: readonly unknown[], ids: readonly string[]): OutgoingRequest {
    const body = Buffer.from(this.#write(entries))
    const [id] = ids
    if (id !== undefined && entries.length === 1) return { body, idempotencyKey: id }
    const content = ids.length === entries.length ? ids.join('\n') : body
    return { body, idempotencyKey: createHash('sha256').update(content).digest('hex') }
  }
}

function presetOf({ preset, routing_key: routingKey, body }: WebhookConfig): Preset {
  if (preset !== 'pagerduty') return { generic, slack, discord, teams }[preset]
  if (routingKey === undefined && body === undefined) {
    throw new WeirError('the preset pagerduty needs routing_key', {
      code: 'WEIR_WEBHOOK_ROUTING_KEY',
      hint: 'write the integration key of an Events API v2 integration: routing_key: ${env:PAGERDUTY_KEY}',
    })
  }
  return pagerduty(routingKey ?? '')
}

/** An alert's id, if it can stand in a header. */
function alertId(record: Record): string | undefined {
  if (record.eventName !== alertEventName) return undefined
  const id = record.attributes.get('alert.id')
  return typeof id === 'string' && /^[!-~]{1,255}$/.test(id) ? id : undefined
}
