import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { RetryableError, WeirError } from '@weir/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isMissingStream, natsError } from './nats-error.ts'
import { hasNatsServer, NatsServer } from './testing/index.ts'

const servers = 'nats://broker.example:4222'

it.each([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'its name is not known'],
])('says in words why it cannot be reached (%s), however deep the reason is', (code, words) => {
  const error = natsError(new Error('connect', { cause: Object.assign(new Error('x'), { code }) }), servers)
  expect(error).toBeInstanceOf(RetryableError)
  expect(error).toMatchObject({ code: 'WEIR_NATS_CONNECTION', message: `cannot reach ${servers}: ${words}` })
})

it('names TLS where that is the trouble', () => {
  const error = natsError(Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), servers)
  expect(error).toMatchObject({ code: 'WEIR_NATS_TLS', message: `no TLS with ${servers}: self-signed` })
  expect(error.hint).toContain('tls.ca_file')
})

it('leaves an error alone that says what to do already', () => {
  const error = new WeirError('said', { code: 'WEIR_SAID', hint: 'done' })
  expect(natsError(error, servers)).toBe(error)
})

describe.skipIf(!hasNatsServer)('what a server says (needs: apt-get install nats-server)', () => {
  it('is known for a stream that is missing', async () => {
    await using server = await NatsServer.start()
    const connection = await connect({ servers: server.url })
    onTestFinished(() => connection.close())
    const manager = await jetstreamManager(connection)
    const missing = await manager.streams.info('none').catch((error: unknown) => error)
    expect(isMissingStream(missing)).toBe(true)
    expect(natsError(missing, servers)).toMatchObject({
      code: 'WEIR_NATS_STREAM',
      hint: expect.stringContaining('create'),
    })
    const nobody = await jetstream(connection)
      .publish('unheard', 'x')
      .catch((error: unknown) => error)
    expect(natsError(nobody, servers)).toMatchObject({
      code: 'WEIR_NATS_STREAM',
      message: expect.stringContaining('no stream takes the subject'),
    })
  })
})
