import { checkEndpoint, type HttpListener, type HttpListenerOptions } from '@weir/http-server'
import { checkAt, type Output, type Receiver, resolveConfig } from '@weir/sdk'
import { type GrpcConfig, grpcConfig, type HttpConfig, httpConfig, type OtlpConfig } from './config.ts'
import { noProtocol } from './errors.ts'
import type { GrpcEndpoint } from './grpc-endpoint.ts'
import { httpEndpoint } from './http-endpoint.ts'
import { Intake } from './intake.ts'
import { Requests } from './requests.ts'

export type OtlpReceiverOptions = HttpListenerOptions['services'] & { readonly config: OtlpConfig }

/** @throws WeirError `WEIR_OTLP_NO_PROTOCOL`, `WEIR_HTTP_ENDPOINT` */
export function checkOtlpReceiver({ protocols: { grpc, http } }: OtlpConfig): void {
  if (grpc === undefined && http === undefined) throw noProtocol()
  for (const [protocol, config] of Object.entries({ grpc, http })) {
    // `http:` with nothing behind it takes the defaults.
    if (config) checkAt(['protocols', protocol], () => checkEndpoint(config))
  }
}

/** Listens for OTLP logs over HTTP and gRPC. */
export class OtlpReceiver implements Receiver {
  readonly #config: OtlpConfig
  readonly #services: HttpListenerOptions['services']
  #intake: Intake | undefined
  #http: HttpListener | undefined
  #grpc: GrpcEndpoint | undefined
  #isStopped = false

  constructor({ config, ...services }: OtlpReceiverOptions) {
    this.#config = config
    this.#services = services
  }

  /** The port on which a protocol is listened for: the one that was free, where the config says 0. */
  port(protocol: 'grpc' | 'http'): number {
    return (protocol === 'grpc' ? this.#grpc : this.#http)?.port ?? 0
  }

  /** @throws WeirError `WEIR_HTTP_LISTEN`, `WEIR_HTTP_TLS`, `WEIR_OTLP_LISTEN`, `WEIR_OTLP_TLS` */
  async start(output: Output): Promise<void> {
    const { componentId, clock, logger, meter } = this.#services
    const { grpc, http } = this.#config.protocols
    const intake = new Intake(output, { config: this.#config, clock, logger })
    this.#intake = intake
    const requests = new Requests({ componentId, clock, meter, intake })
    try {
      if (http !== undefined) {
        // `http:` with nothing behind it. What the schema resolves is of its type.
        const resolved = http ?? (resolveConfig(httpConfig, {}) as HttpConfig)
        this.#http = httpEndpoint(resolved, requests, this.#services)
        await this.#http.start()
        logger.info({ protocol: 'http', port: this.#http.port }, `listening for OTLP at ${resolved.endpoint}`)
      }
      if (grpc !== undefined && !this.#isStopped) {
        const resolved = grpc ?? (resolveConfig(grpcConfig, {}) as GrpcConfig)
        // Loaded when it is in use, since it is large.
        const { GrpcEndpoint: Endpoint } = await import('./grpc-endpoint.ts')
        this.#grpc = new Endpoint(resolved, requests, this.#services)
        await this.#grpc.start()
        logger.info({ protocol: 'grpc', port: this.#grpc.port }, `listening for OTLP at ${resolved.endpoint}`)
      }
    } catch (error) {
      await this.stop()
      await this.close()
      throw error
    }
    if (this.#isStopped) await this.stop()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#grpc?.stop()
    await Promise.all([this.#http?.stop(), this.#intake?.stop()])
  }

  async close(): Promise<void> {
    this.#intake?.close()
    await Promise.all([this.#http?.close(), this.#grpc?.close()])
  }
}
