import type { Buffer } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { Identity } from '@weir/sdk'

/** A request, its body unread. */
export interface HttpRequest {
  readonly method: string
  /** Without the query, percent-encoded as it came. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Address of the client. */
  readonly peer: string
  /** Who the client is, if an authenticator is configured. */
  readonly identity: Identity | undefined
  /** Aborts when the client has gone away before it was answered. */
  readonly signal: AbortSignal
  /**
   * Reads the whole body, decompressed (gzip, zstd, deflate). May be called once.
   * @param leaves values of `Content-Encoding` that the caller decodes itself, within the limit of the size
   * @throws HttpProblem 400, 413, 415, 429, 503, which the handler need not catch
   */
  read(leaves?: readonly string[]): Promise<Buffer>
}

/** What a request is answered with. */
export interface HttpAnswer {
  readonly status: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | Buffer
}
