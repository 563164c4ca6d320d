import {
  type HttpAnswer,
  HttpListener,
  HttpProblem,
  type HttpRequest,
  type httpServerServices,
  problemAnswer,
} from '@weir/http-server'
import type { Injected, Output, Receiver } from '@weir/sdk'
import type { HttpConfig } from './config.ts'
import { ElasticsearchProtocol } from './elasticsearch/elasticsearch-protocol.ts'
import { Intake } from './intake.ts'
import { LinesProtocol } from './lines/lines-protocol.ts'
import { LokiProtocol } from './loki/loki-protocol.ts'
import type { Protocol } from './protocol.ts'

/** Listens, and hands each request to the protocol that it is of. */
export class HttpReceiver implements Receiver {
  readonly #config: HttpConfig
  readonly #services: Injected<typeof httpServerServices>
  readonly #listener: HttpListener
  readonly #protocols: readonly Protocol[]
  #intake: Intake | undefined

  constructor(config: HttpConfig, services: Injected<typeof httpServerServices>) {
    this.#config = config
    this.#services = services
    const protocols = {
      lines: () => new LinesProtocol(config.path),
      elasticsearch: () => new ElasticsearchProtocol(config.elasticsearch_version),
      loki: () => new LokiProtocol(config, services.clock),
    }
    this.#protocols = (['lines', 'loki', 'elasticsearch'] as const).flatMap((name) =>
      config.protocols.includes(name) ? [protocols[name]()] : [],
    )
    this.#listener = new HttpListener({
      config,
      services,
      handle: (request) => this.#handle(request),
      answerProblem: (problem, request) => (this.#protocolOf(request)?.answerProblem ?? problemAnswer)(problem),
    })
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#listener.port
  }

  async start(output: Output): Promise<void> {
    const { componentId, clock, meter, logger } = this.#services
    const { ack, ack_timeout: ackTimeoutMs, add_attributes: addAttributes, endpoint } = this.#config
    const undelivered = meter.counter('weir_receiver_http_undelivered_requests', {
      description: 'Requests that were answered as accepted, and whose records were not delivered',
      unit: '{request}',
    })
    this.#intake = new Intake({ componentId, output, clock, ack, ackTimeoutMs, addAttributes, undelivered })
    await this.#listener.start()
    logger.info({ port: this.port }, `listening for HTTP at ${endpoint}`)
  }

  async stop(): Promise<void> {
    await this.#listener.stop()
    await this.#intake?.stop()
  }

  close(): Promise<void> {
    return this.#listener.close()
  }

  #protocolOf(request: HttpRequest): Protocol | undefined {
    return this.#protocols.find((protocol) => protocol.owns(request))
  }

  #handle(request: HttpRequest): Promise<HttpAnswer> {
    const protocol = this.#protocolOf(request)
    if (protocol === undefined || this.#intake === undefined)
      throw new HttpProblem(404, `there is no ${request.method} ${request.path} here`)
    return protocol.answer(request, this.#intake)
  }
}
