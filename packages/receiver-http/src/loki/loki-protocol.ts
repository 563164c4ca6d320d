import { type HttpAnswer, HttpProblem, type HttpRequest } from '@weir/http-server'
import { type AttributeMap, attributeMap, type Clock } from '@weir/sdk'
import type { HttpConfig } from '../config.ts'
import type { Intake } from '../intake.ts'
import type { Protocol } from '../protocol.ts'
import { readJsonPush } from './push-json.ts'
import { readProtobufPush } from './push-protobuf.ts'
import { decodeSnappyBlock } from './snappy-block.ts'
import { StreamBatches } from './stream-batches.ts'

const pushPath = /^(\/loki\/api\/v1\/push|\/api\/prom\/push)\/?$/
const readyPath = '/ready'
const text = { 'content-type': 'text/plain; charset=utf-8' }

/** What agents push to Loki. @see https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs */
export class LokiProtocol implements Protocol {
  readonly #config: HttpConfig
  readonly #clock: Clock

  constructor(config: HttpConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  owns({ path }: HttpRequest): boolean {
    return pushPath.test(path) || path === readyPath
  }

  answerProblem({ status, message, headers }: HttpProblem): HttpAnswer {
    return { status, headers: { ...headers, ...text }, body: `${message}\n` }
  }

  async answer(request: HttpRequest, intake: Intake): Promise<HttpAnswer> {
    const { method, path } = request
    if (path === readyPath && (method === 'GET' || method === 'HEAD'))
      return { status: 200, headers: text, body: 'ready\n' }
    if (method !== 'POST') throw new HttpProblem(405, `${path} wants a POST`, { headers: { allow: 'POST' } })
    const { max_request_body_size: maxBytes, resource = attributeMap() } = this.#config
    const attributes: AttributeMap = this.#config.attributes ?? attributeMap()
    const consignment = intake.open(request)
    const streams = new StreamBatches({
      source: consignment.sourceId('loki'),
      observedTime: this.#clock.now(),
      attributes: attributeMap([...Object.entries(attributes), ...Object.entries(consignment.attributes)]),
      resource,
    })
    const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '')
    const bytes = await request.read(isJson ? [] : ['snappy'])
    if (isJson) readJsonPush(bytes, streams)
    else readProtobufPush(decodeSnappyBlock(bytes, maxBytes), streams)
    for (const batch of streams.batches) await consignment.records(batch)
    await consignment.acknowledged()
    return { status: 204 }
  }
}
