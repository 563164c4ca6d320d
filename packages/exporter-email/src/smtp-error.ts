import { messageOf, PermanentError, RetryableError } from '@weir/sdk'

const hints: { readonly [code: string]: string } = {
  EAUTH: 'look at username and password',
  ETLS: 'the server offers no STARTTLS, or its certificate is not trusted: look at security and tls',
  EDNS: 'look at host',
}

const property = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined

/**
 * What a server's refusal, or a connection that failed, means: replies of 400 to 499 are for now, 500 to 599 for good
 * (RFC 5321, 4.2.1); a connection that failed may work later.
 */
export function smtpError(server: string, error: unknown): RetryableError | PermanentError {
  const status = property(error, 'responseCode')
  const code = String(property(error, 'code') ?? '')
  const said = messageOf(error).replace(/\s+/g, ' ').trim().slice(0, 300)
  const hint = hints[code]
  const options = { cause: error, ...(hint === undefined ? {} : { hint }) }
  // 503 is a session that went wrong, not the mail; nor is a mail refused before it was encrypted.
  if (typeof status === 'number' && status >= 500 && status !== 503 && code !== 'ETLS') {
    return new PermanentError(`${server} refuses the mail: ${said}`, options)
  }
  if (code === 'EENVELOPE' && typeof status !== 'number') {
    return new PermanentError(`${server} takes no mail for these addresses: ${said}`, options)
  }
  const what = typeof status === 'number' ? 'does not take the mail now' : 'cannot be reached'
  return new RetryableError(`${server} ${what}: ${said}`, options)
}
