import { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { constants, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { messageOf } from '@weir/sdk'
import { HttpProblem, tooLarge } from './http-problem.ts'

export interface BodyLimits {
  /** Encodings that the caller decodes. */
  readonly leaves: readonly string[]
  readonly maxBytes: number
  /** Called when the body is wanted: before, a client may be waiting to be told. */
  begin(): void
  /** Says that so many more bytes are held; throws when there is no room for them. */
  reserve(bytes: number): void
  /** Aborts with what the client is to be told. */
  readonly signal: AbortSignal
}

/** What RFC 8878 recommends for the web: a frame with a larger window would make us hold as much. */
const zstdWindowLog = 23

const decoders = new Map<string, () => Transform>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  ['deflate', () => createInflate()],
  ['zstd', () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } })],
])

function decoderOf(encoding: string): Transform | undefined {
  if (encoding === 'identity' || encoding === '') return undefined
  const create = decoders.get(encoding)
  if (create !== undefined) return create()
  throw new HttpProblem(415, `bodies in the encoding "${encoding}" are not taken: use gzip, zstd, deflate or none`, {
    headers: { 'accept-encoding': 'gzip, zstd, deflate' },
  })
}

/**
 * Reads a body to its end, decompressing it as it comes. What is refused is read no further, but its connection lives on.
 * @throws HttpProblem 400 cut or corrupt, 413 too large, 415 an unknown encoding, and what `reserve` throws
 */
export function readBody(
  request: IncomingMessage,
  { leaves, maxBytes, begin, reserve, signal }: BodyLimits,
): Promise<Buffer> {
  const encoding = String(request.headers['content-encoding'] ?? '')
    .trim()
    .toLowerCase()
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const decoder = leaves.includes(encoding) ? undefined : decoderOf(encoding)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  signal.throwIfAborted()
  begin()
  const source = decoder ?? request
  const chunks: Buffer[] = []
  let length = 0
  let received = 0

  const count = (chunk: Buffer) => {
    received += chunk.length
    if (received > maxBytes) fail(tooLarge(maxBytes))
  }
  const take = (chunk: Buffer) => {
    length += chunk.length
    if (length > maxBytes) return fail(tooLarge(maxBytes))
    try {
      reserve(chunk.length)
      chunks.push(chunk)
    } catch (error) {
      fail(error)
    }
  }
  const finish = () => {
    release()
    resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length))
  }
  const fail = (error: unknown) => {
    release()
    chunks.length = 0
    decoder?.destroy()
    request.resume()
    reject(error)
  }
  const cut = () => {
    if (!request.complete) fail(new HttpProblem(400, 'the body was cut off'))
  }
  const corrupt = (error: Error) => fail(new HttpProblem(400, `the body is no valid ${encoding}: ${messageOf(error)}`))
  const abort = () => fail(signal.reason)
  const release = () => {
    signal.removeEventListener('abort', abort)
    request.off('data', count).off('error', cut).off('close', cut)
    source.off('data', take).off('end', finish)
    if (decoder !== undefined) request.unpipe(decoder)
    decoder?.off('error', corrupt).on('error', () => {})
    request.on('error', () => {})
  }

  signal.addEventListener('abort', abort, { once: true })
  request.on('error', cut).on('close', cut)
  source.on('data', take).on('end', finish)
  if (decoder !== undefined) request.on('data', count).pipe(decoder.on('error', corrupt))
  return promise
}
