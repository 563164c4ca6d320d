import { Buffer } from 'node:buffer'
import {
  type ChannelCredentials,
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { messageOf } from '@weir/sdk'
import type { ClientTls } from '@weir/tls-files'
import { type Acceptance, acceptanceOf, refusalOf } from './answer-reader.ts'
import type { OtlpConfig } from './config.ts'
import { grpcTarget } from './destination.ts'
import { permanent, retryable } from './errors.ts'
import { grpcHeaders } from './request-headers.ts'
import type { Sink } from './sink.ts'

const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

/** @see https://opentelemetry.io/docs/specs/otlp/#failures */
const retryableCodes: readonly number[] = [
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]

const hints: { readonly [code: number]: string } = {
  [status.RESOURCE_EXHAUSTED]: 'lower max_request_size, or raise the limit of the receiver',
  [status.UNAUTHENTICATED]: 'look at the credentials in headers',
  [status.PERMISSION_DENIED]: 'look at the credentials in headers',
  [status.UNIMPLEMENTED]: 'look at endpoint: what answers there takes no logs by OTLP/gRPC, or not this compression',
}

const asItIs = (bytes: Buffer): Buffer => bytes

/**
 * Sends requests by OTLP/gRPC.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
 */
export class GrpcSink implements Sink {
  readonly #target: string
  readonly #metadata = new Metadata()
  readonly #client: Client

  constructor(config: OtlpConfig, tls: ClientTls) {
    const { target, isSecure } = grpcTarget(config)
    this.#target = target
    for (const [name, value] of grpcHeaders(config.headers)) this.#metadata.set(name, value)
    const { servername: name } = tls
    this.#client = new Client(target, isSecure ? secure(tls) : credentials.createInsecure(), {
      'grpc.default_compression_algorithm':
        config.compression === 'none' ? compressionAlgorithms.identity : compressionAlgorithms.gzip,
      // Retries are those of the exporter's stage, and the service config would be looked up in DNS.
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.enable_channelz': 0,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.primary_user_agent': 'weir',
      ...(name === undefined ? {} : { 'grpc.ssl_target_name_override': name, 'grpc.default_authority': name }),
    })
  }

  async send(request: Buffer, signal: AbortSignal): Promise<Acceptance> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const call = this.#client.makeUnaryRequest(path, asItIs, asItIs, request, this.#metadata, (error, response) => {
      if (error === null) resolve(response ?? Buffer.alloc(0))
      else reject(error)
    })
    const cancel = () => call.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return acceptanceOf(await promise)
    } catch (error) {
      signal.throwIfAborted()
      throw this.#refusal(error)
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  #refusal(error: unknown): Error {
    if (!isServiceError(error)) return retryable(`cannot reach ${this.#target}: ${messageOf(error)}`, error)
    const [details] = error.metadata.get('grpc-status-details-bin')
    const { message, retryAfterMs } = refusalOf(Buffer.from(details ?? ''))
    const said = (message === '' ? error.details : message).replace(/\s+/g, ' ').trim().slice(0, 300)
    const text = `${this.#target} answered ${status[error.code]}${said === '' ? '' : `: ${said}`}`
    const isRecovering = error.code === status.RESOURCE_EXHAUSTED && retryAfterMs !== undefined
    if (isRecovering || retryableCodes.includes(error.code)) return retryable(text, error, retryAfterMs)
    return permanent(text, hints[error.code])
  }
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && 'code' in error && 'metadata' in error && error.metadata instanceof Metadata

function secure({ ca, cert, key, rejectUnauthorized }: ClientTls): ChannelCredentials {
  const bytes = (pem: string | undefined) => (pem === undefined ? null : Buffer.from(pem))
  return credentials.createSsl(bytes(ca), bytes(key), bytes(cert), { rejectUnauthorized })
}
