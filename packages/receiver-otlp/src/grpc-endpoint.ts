import { Buffer } from 'node:buffer'
import {
  logVerbosity,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  setLogVerbosity,
} from '@grpc/grpc-js'
import type { HttpListenerOptions } from '@weir/http-server'
import { type Authenticator, messageOf } from '@weir/sdk'
import { serverTls } from '@weir/tls-files'
import { Code, protobufResponse, protobufStatus } from './answer-message.ts'
import type { GrpcConfig } from './config.ts'
import { cannotListen, TryLater } from './errors.ts'
import { MalformedError } from './malformed.ts'
import type { Requests } from './requests.ts'

/** Bytes as they are: the decoder is ours. */
const asItIs = (bytes: Buffer): Buffer => bytes

const service: ServiceDefinition = {
  Export: {
    path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
}

/**
 * Takes OTLP/gRPC. Life: `start`, then `stop` (takes in nothing more), then `close` (when the answers are known).
 * @see https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
 */
export class GrpcEndpoint {
  readonly #config: GrpcConfig
  readonly #requests: Requests
  readonly #services: HttpListenerOptions['services']
  readonly #server: Server
  #authenticator: Authenticator | undefined
  #port = 0
  /** Bytes of requests that have no answer yet. */
  #pending = 0
  #closed: Promise<void> = Promise.resolve()

  constructor(config: GrpcConfig, requests: Requests, services: HttpListenerOptions['services']) {
    this.#config = config
    this.#requests = requests
    this.#services = services
    // It writes to the console; what there is to say is said by the errors that it throws.
    setLogVerbosity(logVerbosity.NONE)
    this.#server = new Server({
      'grpc.max_receive_message_length': config.max_recv_msg_size,
      'grpc.max_concurrent_streams': config.max_concurrent_streams,
      'grpc.enable_channelz': 0,
    })
    this.#server.addService(service, {
      Export: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        void this.#export(call).then(
          (response) => callback(null, response),
          (error: unknown) => callback(statusOf(error)),
        )
      },
    })
  }

  /** The port that it listens on, 0 if it does not. */
  get port(): number {
    return this.#port
  }

  /** @throws WeirError `WEIR_OTLP_LISTEN`, `WEIR_OTLP_TLS`, `WEIR_AUTHENTICATOR_UNKNOWN` */
  async start(): Promise<void> {
    const { auth } = this.#config
    const { componentId, authenticators } = this.#services
    if (auth !== undefined) this.#authenticator = authenticators.resolve(auth.authenticator)
    const credentials = this.#credentials()
    const endpoint = /^\d+$/.test(this.#config.endpoint) ? `127.0.0.1:${this.#config.endpoint}` : this.#config.endpoint
    const { promise, resolve: bound, reject } = Promise.withResolvers<number>()
    this.#server.bindAsync(endpoint, credentials, (error, port) => {
      if (error === null) bound(port)
      else reject(cannotListen(componentId, endpoint, error))
    })
    this.#port = await promise
  }

  stop(): void {
    if (this.#port === 0) return
    const { promise, resolve: closed } = Promise.withResolvers<void>()
    this.#closed = promise
    this.#server.tryShutdown(() => closed())
  }

  /** Ends all connections, those too whose requests have no answer. */
  async close(): Promise<void> {
    const grace = Promise.withResolvers<void>()
    const timer = this.#services.clock.after(graceMs, grace.resolve)
    await Promise.race([this.#closed, grace.promise])
    timer.cancel()
    this.#server.forceShutdown()
    await this.#closed
  }

  async #export({ request, metadata }: ServerUnaryCall<Buffer, Buffer>): Promise<Buffer> {
    const authenticator = this.#authenticator
    if (authenticator !== undefined && (await authenticator.authenticate(textsOf(metadata))) === undefined)
      throw new Unauthenticated('the request proves no one whom the authenticator knows')
    // One request always has room, however large it may be.
    if (this.#pending > 0 && this.#pending + request.length > this.#config.max_pending_size)
      throw new TryLater('more requests are under way than there is room for: send this one again')
    this.#pending += request.length
    try {
      return protobufResponse(await this.#requests.take(request, 'protobuf'))
    } finally {
      this.#pending -= request.length
    }
  }

  #credentials(): ServerCredentials {
    const { tls } = this.#config
    if (tls === undefined) return ServerCredentials.createInsecure()
    const { componentId: component, runMode } = this.#services
    const place = 'protocols.grpc.tls'
    const { ca, cert, key } = serverTls(tls, { baseDir: runMode.baseDir, component, code: 'WEIR_OTLP_TLS', place })
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }
    return ServerCredentials.createSsl(ca === undefined ? null : Buffer.from(ca), [pair], ca !== undefined)
  }
}

/** How long answers may take to be written when everything else has come to its end. */
const graceMs = 1000

class Unauthenticated extends Error {}

const textsOf = (metadata: Metadata): { [name: string]: string } =>
  Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]))

/** What a failed request is answered with: the code, and with it the whole `google.rpc.Status`. */
function statusOf(error: unknown) {
  const code =
    error instanceof MalformedError
      ? Code.INVALID_ARGUMENT
      : error instanceof TryLater
        ? Code.UNAVAILABLE
        : error instanceof Unauthenticated
          ? Code.UNAUTHENTICATED
          : Code.INTERNAL
  const details = code === Code.INTERNAL ? 'the server failed' : messageOf(error)
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', protobufStatus(code, details))
  return { code, details, metadata }
}
