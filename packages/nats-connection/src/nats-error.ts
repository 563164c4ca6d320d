import { isWeirError, messageOf, RetryableError, type WeirError } from '@weir/sdk'

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null
    ? String(Reflect.get(error, 'code') ?? codeOf(Reflect.get(error, 'cause')))
    : ''

const reasons: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  ETIMEDOUT: 'no answer in time',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way to it',
}

/** Whether it is one of the client's errors: by name, so that the client need not be loaded to look at one. */
const isNamed = (error: unknown, ...names: string[]): error is Error =>
  error instanceof Error && names.includes(error.name)

const isAuthorization = (error: unknown): boolean =>
  isNamed(error, 'AuthorizationError', 'UserAuthenticationExpiredError') ||
  (error instanceof Error && isAuthorization(error.cause))

/** The server's code for a stream that is not there. */
const streamNotFound = '10059'

/** Whether an error says that there is no such stream. */
export const isMissingStream = (error: unknown): boolean =>
  isNamed(error, 'StreamNotFoundError') || codeOf(error) === streamNotFound

/** Of an error that has to do with certificates, what is wrong. */
function certificateProblem(error: unknown): string | undefined {
  const text = `${codeOf(error)} ${messageOf(error)}`
  return /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|certificate|tls/i.test(text) ? messageOf(error) : undefined
}

/**
 * What went wrong between a server of NATS and us, as an error that says what to do. All of it may be right later: a
 * server comes back, a stream is made, a password is set. So nothing is given up.
 * @param servers those that were asked
 */
export function natsError(error: unknown, servers: string): WeirError {
  if (isWeirError(error)) return error
  const fail = (code: string, message: string, hint?: string) =>
    new RetryableError(message, { code, cause: error, ...(hint === undefined ? {} : { hint }) })
  if (isAuthorization(error)) {
    return fail('WEIR_NATS_AUTH', `${servers} does not let us in: ${messageOf(error)}`, 'look at auth')
  }
  if (isNamed(error, 'PermissionViolationError')) {
    return fail('WEIR_NATS_AUTH', `${servers} forbids it: ${error.message}`, 'ask for the permission, or look at auth')
  }
  if (isMissingStream(error)) {
    return fail('WEIR_NATS_STREAM', 'the stream is not there', 'create it, or set create_stream: true')
  }
  if (isNamed(error, 'NoRespondersError', 'JetStreamNotEnabled')) {
    const hint = 'create a stream with the subject (stream, create_stream: true), or start the server with --jetstream'
    return fail('WEIR_NATS_STREAM', 'no stream takes the subject, or the server has no JetStream', hint)
  }
  if (error instanceof Error && error.name.startsWith('JetStream')) {
    return fail('WEIR_NATS_JETSTREAM', `${servers} answered: ${error.message}`)
  }
  const problem = certificateProblem(error)
  if (problem !== undefined) {
    return fail(
      'WEIR_NATS_TLS',
      `no TLS with ${servers}: ${problem}`,
      "give the authority's certificate in tls.ca_file",
    )
  }
  const reason = reasons[codeOf(error)]
  return fail('WEIR_NATS_CONNECTION', `cannot reach ${servers}: ${reason ?? messageOf(error)}`)
}
