import { isWeirError, messageOf, RetryableError, type WeirError } from '@weir/sdk'

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null ? String(Reflect.get(error, 'code') ?? '') : ''

const reasons: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  ETIMEDOUT: 'no answer in time',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way to it',
  ENOENT: 'there is no such socket',
}

/** What the first word of the server's answer means, and what to do. */
const answers: { readonly [word: string]: readonly [code: string, hint: string] } = {
  WRONGPASS: ['WEIR_REDIS_AUTH', 'look at username and password'],
  NOAUTH: ['WEIR_REDIS_AUTH', 'set password'],
  NOPERM: ['WEIR_REDIS_AUTH', 'ask for the permission, or look at username'],
  OOM: ['WEIR_REDIS_MEMORY', "give the server more memory, or trim streams (the exporter's max_length)"],
  WRONGTYPE: ['WEIR_REDIS_TYPE', 'the key holds something else: use another name'],
  NOGROUP: ['WEIR_REDIS_GROUP', 'the group was removed'],
  MOVED: ['WEIR_REDIS_CLUSTER', 'clusters are not supported: name the server that has the key'],
  READONLY: ['WEIR_REDIS_READONLY', 'name the primary, not a replica'],
}

/**
 * What went wrong between a server of Redis and us, as an error that says what to do. All of it may be right later: a
 * server comes back, memory is freed, a password is set. So nothing is given up.
 */
export function redisError(error: unknown, endpoint: string): WeirError {
  if (isWeirError(error)) return error
  const fail = (code: string, message: string, hint?: string) =>
    new RetryableError(message, { code, cause: error, ...(hint === undefined ? {} : { hint }) })
  const message = messageOf(error)
  const answer = answers[message.split(' ', 1)[0] ?? '']
  if (answer !== undefined) return fail(answer[0], `${endpoint} answered: ${message}`, answer[1])
  const code = codeOf(error)
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO/.test(code)) {
    return fail(
      'WEIR_REDIS_TLS',
      `no TLS with ${endpoint}: ${message}`,
      "give the authority's certificate in tls.ca_file",
    )
  }
  return fail('WEIR_REDIS_CONNECTION', `cannot reach ${endpoint}: ${reasons[code] ?? message}`)
}
