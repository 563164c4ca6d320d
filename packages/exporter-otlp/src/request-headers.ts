import type { OtlpConfig } from './config.ts'
import { badHeader } from './errors.ts'

/** Headers by their names in lower case. @throws WeirError `WEIR_OTLP_HEADER` */
export function httpHeaders(given: OtlpConfig['headers']): { [name: string]: string } {
  const headers = new Headers()
  for (const [name, value] of Object.entries(given)) {
    try {
      headers.append(name, value)
    } catch {
      throw badHeader(name)
    }
  }
  return Object.fromEntries(headers)
}

/**
 * Headers that can be metadata of gRPC as text.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 * @throws WeirError `WEIR_OTLP_HEADER`
 */
export function grpcHeaders(given: OtlpConfig['headers']): [name: string, value: string][] {
  const headers = Object.entries(given)
  for (const [name, value] of headers)
    if (!/^[0-9a-z_.-]+$/i.test(name) || /-bin$/i.test(name) || !/^[ -~]*$/.test(value)) throw badHeader(name)
  return headers
}
