/** Headers of a request, by their names in lower case, as `node:http` gives them. */
export type RequestHeaders = { readonly [name: string]: string | readonly string[] | undefined }

/** Who a request comes from, as an authenticator found out. */
export interface Identity {
  /** The user, or the name of the token: never the secret itself. */
  readonly name: string
}

/** Finds out who sends a request. Called for each request, in parallel. */
export interface Authenticator {
  /** What `WWW-Authenticate` says to a request that proves nothing (RFC 9110, section 11.6.1): `Basic realm="weir"`. */
  readonly challenge: string
  /** Who it is; `undefined` if the headers prove nothing. Does not throw, and does not tell by its time which part was wrong. */
  authenticate(headers: RequestHeaders): Identity | undefined | Promise<Identity | undefined>
}
