import type { Buffer } from 'node:buffer'
import {
  type ChannelCredentials,
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { decoded } from './definitions.fixture.ts'
import { anyPort, bodies, certificate, created, receiving } from './receiving.fixture.ts'

const method = (service: string) => `/opentelemetry.proto.collector.${service}/Export`
const asItIs = (bytes: Buffer) => bytes

interface Options {
  service?: string
  metadata?: { [name: string]: string }
  credentials?: ChannelCredentials
  options?: object
}

function send(
  port: number,
  body: Buffer,
  { service = 'logs.v1.LogsService', metadata = {}, ...more }: Options = {},
): Promise<Buffer> {
  const client = new Client(`127.0.0.1:${port}`, more.credentials ?? credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    ...more.options,
  })
  onTestFinished(() => client.close())
  const sent = new Metadata()
  for (const [name, value] of Object.entries(metadata)) sent.set(name, value)
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(method(service), asItIs, asItIs, body, sent, (error, response) =>
      error === null && response !== undefined ? resolve(response) : reject(error),
    ),
  )
}

const failure = async (sending: Promise<Buffer>): Promise<ServiceError> => {
  try {
    await sending
  } catch (error) {
    return error as ServiceError
  }
  throw new Error('it was taken')
}

const statusOf = ({ metadata }: ServiceError) => {
  const [details] = metadata.get('grpc-status-details-bin')
  return decoded('Status', details as Buffer)
}

describe('a request by gRPC', () => {
  it('is taken, compressed or not', async () => {
    const { receiver, texts } = await receiving()
    expect(await send(receiver.port('grpc'), bodies('plain'))).toHaveLength(0)
    const options = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }
    await send(receiver.port('grpc'), bodies('small'), { options })
    expect(texts()).toEqual(['plain', 'small'])
  })

  it('is refused with what is wrong with it', async () => {
    const { receiver } = await receiving()
    const error = await failure(send(receiver.port('grpc'), bodies('x').subarray(1)))
    expect(error.code).toBe(status.INVALID_ARGUMENT)
    expect(error.details).toMatch(/no valid protobuf/)
    expect(statusOf(error)).toEqual({ code: status.INVALID_ARGUMENT, message: error.details })
  })

  it('is refused when it is too large, a bomb too', async () => {
    const { receiver, output } = await receiving({ protocols: { grpc: { ...anyPort, max_recv_msg_size: '10KB' } } })
    const large = bodies('x'.repeat(20_000))
    const gzip = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }
    for (const options of [{}, gzip])
      expect((await failure(send(receiver.port('grpc'), large, { options }))).code).toBe(status.RESOURCE_EXHAUSTED)
    expect(output.calls).toBe(0)
  })

  it('of another signal is not implemented', async () => {
    const { receiver } = await receiving()
    const error = await failure(send(receiver.port('grpc'), bodies('x'), { service: 'trace.v1.TraceService' }))
    expect(error.code).toBe(status.UNIMPLEMENTED)
  })

  it('is to be sent again when there is no room, and is told when', async () => {
    const { receiver, output, clock, texts } = await receiving()
    output.block()
    const first = send(receiver.port('grpc'), bodies('first'))
    await expect.poll(() => output.waiting).toBe(1)
    const second = failure(send(receiver.port('grpc'), bodies('second')))
    await expect.poll(() => clock.pending).toBe(1)
    await clock.advance(5000)
    const error = await second
    expect(error.code).toBe(status.UNAVAILABLE)
    const [detail] = statusOf(error).details
    expect(detail.typeUrl).toBe('type.googleapis.com/google.rpc.RetryInfo')
    expect(decoded('RetryInfo', globalThis.Buffer.from(detail.value, 'base64'))).toEqual({
      retryDelay: { seconds: '2' },
    })
    output.open()
    await first
    expect(texts()).toEqual(['first'])
  })

  it('is to be sent again when more is under way than may be', async () => {
    const { receiver, output } = await receiving({ protocols: { grpc: { ...anyPort, max_pending_size: '100' } } })
    output.holding = true
    const first = send(receiver.port('grpc'), bodies('x'.repeat(80)))
    await expect.poll(() => output.pending).toBe(1)
    expect((await failure(send(receiver.port('grpc'), bodies('y'.repeat(80))))).code).toBe(status.UNAVAILABLE)
    output.settleAll()
    await first
  })

  it('must prove who sends it, if that is wanted', async () => {
    const { receiver, texts } = await receiving({
      protocols: { grpc: { ...anyPort, auth: { authenticator: 'bearer_auth' } } },
    })
    const port = receiver.port('grpc')
    expect((await failure(send(port, bodies('x')))).code).toBe(status.UNAUTHENTICATED)
    await send(port, bodies('y'), { metadata: { authorization: 'Bearer right' } })
    expect(texts()).toEqual(['y'])
  })

  it('is answered after the stop when it has been delivered', async () => {
    const { receiver, output } = await receiving()
    output.holding = true
    const sending = send(receiver.port('grpc'), bodies('x'))
    await expect.poll(() => output.pending).toBe(1)
    await receiver.stop()
    output.settleAll()
    expect(await sending).toHaveLength(0)
    await receiver.close()
  })

  it('whose delivery never ends is given up at the close', async () => {
    const { receiver, output } = await receiving()
    output.holding = true
    const sending = failure(send(receiver.port('grpc'), bodies('x')))
    await expect.poll(() => output.pending).toBe(1)
    await receiver.stop()
    await receiver.close()
    expect((await sending).code).toBe(status.UNAVAILABLE)
  })
})

describe('TLS', () => {
  const tls = { cert_file: 'server.crt', key_file: 'server.key', client_ca_file: 'ca.crt' }

  it('lets those in that have a certificate that it trusts', async () => {
    const { receiver, texts } = await receiving({ protocols: { grpc: { ...anyPort, tls } } })
    const port = receiver.port('grpc')
    const ca = certificate('ca.crt')
    const known = credentials.createSsl(ca, certificate('client.key'), certificate('client.crt'))
    await send(port, bodies('known'), { credentials: known })
    const stranger = credentials.createSsl(ca, certificate('stranger.key'), certificate('stranger.crt'))
    for (const wrong of [credentials.createSsl(ca), stranger, credentials.createSsl(), credentials.createInsecure()])
      expect((await failure(send(port, bodies('unknown'), { credentials: wrong }))).code).toBe(status.UNAVAILABLE)
    expect(texts()).toEqual(['known'])
  })

  it('wants files that can be used', async () => {
    for (const wrong of [
      { ...tls, key_file: 'client.key' },
      { ...tls, cert_file: 'none.crt' },
    ]) {
      const { receiver, output } = created({ protocols: { grpc: { ...anyPort, tls: wrong } } })
      await expect(receiver.start(output)).rejects.toMatchObject({ code: 'WEIR_OTLP_TLS' })
    }
  })
})
