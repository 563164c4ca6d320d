import { Buffer } from 'node:buffer'
import { retryAfterSeconds } from './errors.ts'
import { tooManyAttributes } from './logs-request.ts'

/** Codes of gRPC, which `google.rpc.Status` has, too. */
export const Code = { OK: 0, INVALID_ARGUMENT: 3, UNAUTHENTICATED: 16, UNAVAILABLE: 14, INTERNAL: 13 } as const

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return [...bytes, rest]
}

const number = (field: number, value: number): Buffer =>
  value === 0 ? Buffer.alloc(0) : Buffer.from([...varint(field * 8), ...varint(value)])

function delimited(field: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(bytes.length)]), bytes])
}

/** `ExportLogsServiceResponse` in protobuf: empty, unless records were rejected. */
export function protobufResponse(rejected: number): Buffer {
  if (rejected === 0) return Buffer.alloc(0)
  return delimited(1, Buffer.concat([number(1, rejected), delimited(2, tooManyAttributes)]))
}

export function jsonResponse(rejected: number): string {
  if (rejected === 0) return '{}'
  return JSON.stringify({ partialSuccess: { rejectedLogRecords: String(rejected), errorMessage: tooManyAttributes } })
}

const retryInfoType = 'type.googleapis.com/google.rpc.RetryInfo'

/**
 * `google.rpc.Status` in protobuf; one that says `UNAVAILABLE` also says when to come again.
 * @see https://opentelemetry.io/docs/specs/otlp/#failures
 */
export function protobufStatus(code: number, message: string): Buffer {
  const parts = [number(1, code), delimited(2, message)]
  if (code === Code.UNAVAILABLE) {
    const duration = number(1, retryAfterSeconds)
    parts.push(delimited(3, Buffer.concat([delimited(1, retryInfoType), delimited(2, delimited(1, duration))])))
  }
  return Buffer.concat(parts)
}

export function jsonStatus(code: number, message: string): string {
  const details = [{ '@type': retryInfoType, retryDelay: `${retryAfterSeconds}s` }]
  return JSON.stringify({ code, message, ...(code === Code.UNAVAILABLE ? { details } : {}) })
}
