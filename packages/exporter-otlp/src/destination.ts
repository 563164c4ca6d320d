import type { OtlpConfig } from './config.ts'
import { badEndpoint } from './errors.ts'

/** Where requests go over HTTP. @throws WeirError `WEIR_OTLP_ENDPOINT` */
export function httpUrl({ endpoint, logs_endpoint: whole }: OtlpConfig): URL {
  const key = whole === undefined ? 'endpoint' : 'logs_endpoint'
  const url = URL.parse(whole ?? endpoint)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw badEndpoint(key, 'no http or https address', `write ${key}: http://host:4318, or set protocol: grpc`)
  if (whole === undefined) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/logs`
  return url
}

/** Host and port for gRPC, and whether by TLS. @throws WeirError `WEIR_OTLP_ENDPOINT` */
export function grpcTarget({ endpoint, tls, compression }: OtlpConfig): { target: string; isSecure: boolean } {
  const [, scheme, target] = /^(?:(https?):\/\/)?((?:\[[^\]]+\]|[^:/[\]\s]+):\d{1,5})\/?$/.exec(endpoint) ?? []
  if (target === undefined)
    throw badEndpoint('endpoint', 'no host and port', 'write endpoint: host:4317, or http://host:4317 without TLS')
  if (compression === 'zstd')
    throw badEndpoint('compression', 'zstd, which gRPC does not have', 'write compression: gzip, or none')
  return { target, isSecure: scheme === 'https' || (scheme === undefined && tls?.insecure !== true) }
}
