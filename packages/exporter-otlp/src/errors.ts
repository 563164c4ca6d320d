import { PermanentError, RetryableError, WeirError } from '@weir/sdk'

export const badEndpoint = (key: string, what: string, hint: string): WeirError =>
  new WeirError(`${key} is ${what}`, { code: 'WEIR_OTLP_ENDPOINT', hint, configPath: [key] })

export const badHeader = (name: string): WeirError =>
  new WeirError(`the header ${JSON.stringify(name)} has a name or value that is not allowed`, {
    code: 'WEIR_OTLP_HEADER',
    hint: 'names are letters, digits and -; values have no line breaks',
    configPath: ['headers', name],
  })

/** Longest wait that a receiver may ask for: a day. */
const maxRetryAfterMs = 86_400_000

const tlsHint = "give the authority's certificate in tls.ca_file, or the name that it has in tls.server_name_override"
const hints: readonly (readonly [RegExp, string])[] = [
  [/certificate has expired|CERT_HAS_EXPIRED/, "the receiver's certificate has expired and must be renewed"],
  [/certificate|CERT|SELF_SIGNED|altname/i, tlsHint],
  [/ERR_SSL|EPROTO|wrong version number/, 'one side speaks TLS and the other does not: look at the scheme of endpoint'],
]

/** A failure after which the same batch may succeed. */
export function retryable(message: string, cause?: unknown, retryAfterMs?: number): RetryableError {
  const hint = hints.find(([pattern]) => pattern.test(message))?.[1]
  return new RetryableError(message, {
    ...(cause === undefined ? {} : { cause }),
    ...(retryAfterMs === undefined ? {} : { retryAfter: Math.min(Math.max(0, retryAfterMs), maxRetryAfterMs) }),
    ...(hint === undefined ? {} : { hint }),
  })
}

/**
 * A failure that will repeat itself.
 * @param records how many were refused, if the others were delivered
 */
export const permanent = (message: string, hint?: string, records?: number): PermanentError =>
  new PermanentError(message, {
    ...(hint === undefined ? {} : { hint }),
    ...(records === undefined ? {} : { records }),
  })
