import type { Buffer } from 'node:buffer'

/** What a receiver says to a request that it has taken. */
export interface Acceptance {
  /** Records that it rejected for good. */
  readonly rejected: number
  /** Why; or a remark, if it rejected none. */
  readonly message: string
}

/** What a receiver says to a request that it has not taken: `google.rpc.Status`. */
export interface Refusal {
  readonly message: string
  /** Milliseconds after which it may be sent again, if the receiver says so. */
  readonly retryAfterMs?: number
}

type Field = readonly [field: number, value: number | Buffer]

/** The fields of a protobuf message, numbers and texts alone; where it is none, what came before. */
function* fieldsOf(bytes: Buffer): Generator<Field, void, void> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    return value
  }
  while (at < bytes.length) {
    const tag = varint()
    const wire = tag % 8
    const field = Math.floor(tag / 8)
    if (wire === 0) yield [field, varint()]
    else if (wire === 2) {
      const length = varint()
      yield [field, bytes.subarray(at, at + length)]
      at += length
    } else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else return
  }
}

const textOf = (value: number | Buffer): string => (typeof value === 'number' ? '' : value.toString('utf8'))
const bytesOf = (bytes: Buffer, wanted: number): Buffer[] =>
  [...fieldsOf(bytes)].flatMap(([field, value]) => (field === wanted && typeof value !== 'number' ? [value] : []))
const numberOf = (bytes: Buffer, wanted: number): number => {
  const found = [...fieldsOf(bytes)].findLast(([field, value]) => field === wanted && typeof value === 'number')
  return Number(found?.[1] ?? 0)
}

/** Reads an `ExportLogsServiceResponse`. */
export function acceptanceOf(bytes: Buffer): Acceptance {
  const [partial] = bytesOf(bytes, 1)
  if (partial === undefined) return { rejected: 0, message: '' }
  return { rejected: numberOf(partial, 1), message: bytesOf(partial, 2).map(textOf).join('') }
}

/** Reads a `google.rpc.Status`, with the `RetryInfo` that it may have. */
export function refusalOf(bytes: Buffer): Refusal {
  const message = bytesOf(bytes, 2).map(textOf).join('')
  for (const detail of bytesOf(bytes, 3)) {
    const [type] = bytesOf(detail, 1)
    const [content] = bytesOf(detail, 2)
    if (type === undefined || content === undefined || !textOf(type).endsWith('google.rpc.RetryInfo')) continue
    const [duration] = bytesOf(content, 1)
    if (duration === undefined) return { message, retryAfterMs: 0 }
    return { message, retryAfterMs: numberOf(duration, 1) * 1000 + numberOf(duration, 2) / 1e6 }
  }
  return { message }
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null

function jsonOf(text: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

/** Reads an `ExportLogsServiceResponse` in JSON. */
export function jsonAcceptanceOf(text: string): Acceptance {
  const { partialSuccess } = jsonOf(text)
  if (!isObject(partialSuccess)) return { rejected: 0, message: '' }
  const { rejectedLogRecords = 0, errorMessage = '' } = partialSuccess
  return { rejected: Number(rejectedLogRecords) || 0, message: String(errorMessage) }
}

/** What a refusal in JSON or plain text says. */
export function textRefusalOf(text: string): Refusal {
  const { message } = jsonOf(text)
  return { message: typeof message === 'string' ? message : text }
}
