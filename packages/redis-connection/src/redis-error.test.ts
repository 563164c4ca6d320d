import { RetryableError, WeirError } from '@weir/sdk'
import { expect, it } from 'vitest'
import { redisError } from './redis-error.ts'

const endpoint = 'redis://cache.example:6379'

it.each([
  ['WRONGPASS invalid username-password pair or user is disabled.', 'WEIR_REDIS_AUTH', 'look at username and password'],
  ['NOAUTH Authentication required.', 'WEIR_REDIS_AUTH', 'set password'],
  ["NOPERM User u has no permissions to run the 'xadd' command", 'WEIR_REDIS_AUTH', 'ask for the permission'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'WEIR_REDIS_MEMORY', 'max_length'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'WEIR_REDIS_TYPE', 'use another name'],
  ["NOGROUP No such key 's' or consumer group 'weir'", 'WEIR_REDIS_GROUP', 'the group was removed'],
  ['MOVED 3999 127.0.0.1:6381', 'WEIR_REDIS_CLUSTER', 'name the server that has the key'],
  ["READONLY You can't write against a read only replica.", 'WEIR_REDIS_READONLY', 'name the primary'],
])('says what to do about the answer %s', (answer, code, hint) => {
  const error = redisError(new Error(answer), endpoint)
  expect(error).toBeInstanceOf(RetryableError)
  expect(error).toMatchObject({ code, message: `${endpoint} answered: ${answer}` })
  expect(error.hint).toContain(hint)
})

it.each([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'its name is not known'],
  ['ENOENT', 'there is no such socket'],
])('says in words why it cannot be reached (%s)', (code, words) => {
  const error = redisError(Object.assign(new Error('connect'), { code }), endpoint)
  expect(error).toMatchObject({ code: 'WEIR_REDIS_CONNECTION', message: `cannot reach ${endpoint}: ${words}` })
})

it('names TLS where that is the trouble, and keeps what it does not know', () => {
  const tls = redisError(Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), endpoint)
  expect(tls).toMatchObject({ code: 'WEIR_REDIS_TLS', message: `no TLS with ${endpoint}: self-signed` })
  expect(tls.hint).toContain('tls.ca_file')
  expect(redisError(new Error('odd'), endpoint).message).toBe(`cannot reach ${endpoint}: odd`)
})

it('leaves an error alone that says what to do already', () => {
  const error = new WeirError('said', { code: 'WEIR_SAID', hint: 'done' })
  expect(redisError(error, endpoint)).toBe(error)
})
