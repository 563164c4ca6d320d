import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { Metadata, ServerCredentials, status } from '@grpc/grpc-js'
import { isPermanentError, isRetryableError, LogBatch, RetryableError, type WeirError } from '@weir/sdk'
import { batchOf, CollectingOutput, createComponent, exporterContract, testServices } from '@weir/sdk/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { decoded, encoded } from '../../receiver-otlp/src/definitions.fixture.ts'
import receiver from '../../receiver-otlp/src/index.ts'
import definition from './index.ts'
import { exporting, grpcServer, pem, webServer } from './peers.fixture.ts'

const protobuf = { 'content-type': 'application/x-protobuf' }
const json = { 'content-type': 'application/json' }
const protocols = ['http/protobuf', 'http/json', 'grpc'] as const

async function thrown(sending: Promise<void>): Promise<WeirError> {
  try {
    await sending
  } catch (error) {
    return error as WeirError
  }
  throw new Error('it was delivered')
}

const retryAfterOf = (error: WeirError) => (error instanceof RetryableError ? error.retryAfter : undefined)
const bodiesOf = (request: Buffer): string[] =>
  decoded('ExportLogsServiceRequest', request).resourceLogs[0].scopeLogs[0].logRecords.map(
    ({ body }: { body: { stringValue: string } }) => body.stringValue,
  )

describe('contract', async () => {
  const failing = [
    { name: 'nothing listens', config: { endpoint: 'http://127.0.0.1:9' }, error: 'retryable' as const },
    {
      name: 'nothing listens by gRPC',
      config: { endpoint: 'http://127.0.0.1:9', protocol: 'grpc' },
      error: 'retryable' as const,
    },
  ]
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () =>
      socket.end(
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{}',
      ),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const address = server.address()
  const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  for (const { name, run } of exporterContract(definition, { config: { endpoint }, failing })) it(name, run)
})

describe.each(protocols)("by %s to Weir's receiver", (protocol) => {
  it.each(protocol === 'grpc' ? ['gzip', 'none'] : ['gzip', 'zstd', 'none'])(
    'records arrive, compressed by %s',
    async (compression) => {
      const output = new CollectingOutput()
      const taking = createComponent(receiver, {
        protocols: protocol === 'grpc' ? { grpc: { endpoint: '127.0.0.1:0' } } : { http: { endpoint: '127.0.0.1:0' } },
      })
      await taking.start(output)
      onTestFinished(async () => {
        await taking.stop()
        await taking.close?.()
      })
      if (!('port' in taking) || typeof taking.port !== 'function') throw new Error('the receiver has no port')
      const endpoint = `http://127.0.0.1:${taking.port(protocol === 'grpc' ? 'grpc' : 'http')}`
      const { send } = exporting({ endpoint, protocol, compression })
      const inputs = Array.from({ length: 1000 }, (_, index) => ({
        time: 1000 + index,
        body: `line ${index}`,
        attributes: { index },
      }))
      await send(batchOf(inputs))
      expect(output.records).toEqual(inputs)
    },
  )
})

describe('a request over HTTP', () => {
  it('goes to /v1/logs of the endpoint, or to logs_endpoint, with headers', async () => {
    const { seen, endpoint } = await webServer((response) => response.writeHead(200, protobuf).end())
    await exporting({ endpoint: `${endpoint}/otlp/`, headers: { 'X-Api-Key': 'k' } }).send(batchOf(['one']))
    await exporting({ endpoint, logs_endpoint: `${endpoint}/in?a=b`, compression: 'zstd' }).send(batchOf(['two']))
    expect(seen).toMatchObject([
      { path: '/otlp/v1/logs', headers: { ...protobuf, 'content-encoding': 'gzip', 'x-api-key': 'k' } },
      { path: '/in?a=b', headers: { ...protobuf, 'content-encoding': 'zstd' } },
    ])
    expect(bodiesOf(gunzipSync(seen[0]?.body ?? ''))).toEqual(['one'])
    expect(bodiesOf(zstdDecompressSync(seen[1]?.body ?? ''))).toEqual(['two'])
  })

  it('is not made for nothing', async () => {
    const { seen, endpoint } = await webServer((response) => response.writeHead(200, protobuf).end())
    await exporting({ endpoint }).send(new LogBatch({ capacity: 1 }))
    expect(seen).toEqual([])
  })

  it('is split when it would be too large, and what got through is not sent again', async () => {
    const answers = [200, 503, 200, 200]
    const { seen, endpoint } = await webServer((response) => response.writeHead(answers.shift() ?? 200, protobuf).end())
    const { send } = exporting({ endpoint, compression: 'none', max_request_size: '1000' })
    const lines = Array.from({ length: 10 }, (_, index) => `${index}${'.'.repeat(200)}`)
    const batch = batchOf(lines)
    expect(isRetryableError(await thrown(send(batch)))).toBe(true)
    const before = seen.length
    await send(batch)
    expect(seen.every(({ body }) => body.length <= 1000)).toBe(true)
    const taken = seen.filter((_, index) => index !== before - 1)
    expect(taken.flatMap(({ body }) => bodiesOf(body))).toEqual(lines)
  })

  it('of which a part is refused for good is delivered otherwise', async () => {
    const answers = [200, 400]
    const { seen, endpoint } = await webServer((response) => response.writeHead(answers.shift() ?? 200, protobuf).end())
    const { send } = exporting({ endpoint, compression: 'none', max_request_size: '1000' })
    const error = await thrown(send(batchOf(Array.from({ length: 9 }, (_, index) => `${index}${'.'.repeat(200)}`))))
    expect([isPermanentError(error), error.message]).toEqual([
      true,
      expect.stringMatching(/^\d of 9 records were refused: .* answered 400/),
    ])
    expect(seen.flatMap(({ body }) => bodiesOf(body))).toHaveLength(9)
  })
})

describe('an answer over HTTP', () => {
  const outcome = async (code: number, headers = {}, body: Buffer | string = '') => {
    const { endpoint } = await webServer((response) => response.writeHead(code, headers).end(body))
    return thrown(exporting({ endpoint }).send(batchOf(['x'])))
  }

  it.each([429, 502, 503, 504])('of %i is tried again, when it says so', async (code) => {
    const error = await outcome(code, { 'retry-after': '7' })
    expect([isRetryableError(error), retryAfterOf(error)]).toEqual([true, 7000])
    const date = new Date(Date.UTC(2026, 0, 1) + 9000).toUTCString()
    expect(retryAfterOf(await outcome(code, { 'retry-after': date }))).toBe(9000)
    expect(retryAfterOf(await outcome(code))).toBeUndefined()
  })

  it.each([400, 401, 403, 404, 408, 413, 500, 501, 302])('of %i is final', async (code) => {
    const error = await outcome(code, protobuf, encoded('Status', { code: 3, message: 'no\n such thing' }))
    expect([isPermanentError(error), error.message]).toEqual([
      true,
      expect.stringMatching(/^http:.* answered \d+: no such thing$/),
    ])
  })

  it('says why in JSON or in plain text, too', async () => {
    expect((await outcome(400, json, '{"message":"in JSON"}')).message).toMatch(/: in JSON$/)
    expect((await outcome(400, { 'content-type': 'text/html' }, '<p>in text')).message).toMatch(/: <p>in text$/)
    expect((await outcome(400, protobuf, 'gibberish')).message).toMatch(/answered 400/)
  })

  it.each([
    [
      'protobuf',
      protobuf,
      encoded('ExportLogsServiceResponse', { partialSuccess: { rejectedLogRecords: 300, errorMessage: 'too old' } }),
    ],
    ['JSON', json, JSON.stringify({ partialSuccess: { rejectedLogRecords: '300', errorMessage: 'too old' } })],
  ])('of partial success says how many are lost, and is not tried again: %s', async (_, headers, body) => {
    const { endpoint } = await webServer((response) => response.writeHead(200, headers).end(body))
    const error = await thrown(exporting({ endpoint }).send(batchOf(Array(1000).fill('x'))))
    expect([isPermanentError(error), Reflect.get(error, 'records'), error.message]).toEqual([
      true,
      300,
      `300 of 1000 records were refused: ${endpoint} rejected: too old`,
    ])
  })

  it('with a remark is a success, and the remark is logged once', async () => {
    const body = JSON.stringify({ partialSuccess: { errorMessage: 'use gRPC' } })
    const { endpoint } = await webServer((response) => response.writeHead(200, json).end(body))
    const { send, logger } = exporting({ endpoint })
    await send(batchOf(['x']))
    await send(batchOf(['y']))
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { said: 'use gRPC' } }])
  })

  it('that never ends is not waited for when the attempt is aborted', async () => {
    const { endpoint, seen } = await webServer(() => {})
    const { send, abort } = exporting({ endpoint })
    const sending = thrown(send(batchOf(['x'])))
    await expect.poll(() => seen.length).toBe(1)
    abort.abort(new Error('timed out'))
    expect((await sending).message).toBe('timed out')
  })

  it('that does not come because the connection is reset is tried again', async () => {
    const { endpoint } = await webServer((_, request) => request.socket.resetAndDestroy())
    const error = await thrown(exporting({ endpoint }).send(batchOf(['x'])))
    expect([isRetryableError(error), error.message]).toEqual([true, expect.stringContaining('cannot reach http')])
  })
})

describe('an answer over gRPC', () => {
  const outcome = async (code: number, details?: object) => {
    const metadata = new Metadata()
    if (details !== undefined) metadata.set('grpc-status-details-bin', encoded('Status', { code, ...details }))
    const { endpoint } = await grpcServer((_, callback) => callback({ code, details: 'no such thing', metadata }))
    return thrown(exporting({ endpoint, protocol: 'grpc', tls: { insecure: true } }).send(batchOf(['x'])))
  }
  const retryInfo = {
    message: 'overloaded',
    details: [
      { typeUrl: 'type.googleapis.com/google.rpc.DebugInfo', value: Buffer.from('x') },
      {
        typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
        value: encoded('RetryInfo', { retryDelay: { seconds: 3, nanos: 500_000_000 } }),
      },
    ],
  }

  it.each(['CANCELLED', 'DEADLINE_EXCEEDED', 'ABORTED', 'OUT_OF_RANGE', 'UNAVAILABLE', 'DATA_LOSS'] as const)(
    'of %s is tried again, after the time that RetryInfo says',
    async (code) => {
      const error = await outcome(status[code])
      expect([isRetryableError(error), retryAfterOf(error)]).toEqual([true, undefined])
      expect(retryAfterOf(await outcome(status[code], retryInfo))).toBe(3500)
    },
  )

  it.each([
    'UNKNOWN',
    'INVALID_ARGUMENT',
    'PERMISSION_DENIED',
    'UNAUTHENTICATED',
    'UNIMPLEMENTED',
    'INTERNAL',
  ] as const)('of %s is final', async (code) => {
    const error = await outcome(status[code])
    expect([isPermanentError(error), error.message]).toEqual([
      true,
      expect.stringMatching(new RegExp(`answered ${code}: no such thing`)),
    ])
  })

  it('of RESOURCE_EXHAUSTED is tried again only if the receiver says when', async () => {
    expect(isPermanentError(await outcome(status.RESOURCE_EXHAUSTED))).toBe(true)
    const error = await outcome(status.RESOURCE_EXHAUSTED, retryInfo)
    expect([isRetryableError(error), retryAfterOf(error), error.message]).toEqual([
      true,
      3500,
      expect.stringContaining('overloaded'),
    ])
  })

  it('of partial success says how many are lost', async () => {
    const partial = encoded('ExportLogsServiceResponse', { partialSuccess: { rejectedLogRecords: 2 } })
    const { endpoint, seen } = await grpcServer((_, callback) => callback(null, partial))
    const config = { endpoint: `http://${endpoint}`, protocol: 'grpc', headers: { 'X-Api-Key': 'k' } }
    const error = await thrown(exporting(config).send(batchOf(['one', 'two', 'three'])))
    expect([isPermanentError(error), Reflect.get(error, 'records')]).toEqual([true, 2])
    expect(seen[0]?.metadata.get('x-api-key')).toEqual(['k'])
    expect(bodiesOf(seen[0]?.body ?? Buffer.alloc(0))).toEqual(['one', 'two', 'three'])
  })

  it('that never comes is not waited for when the attempt is aborted', async () => {
    const { endpoint, seen } = await grpcServer(() => {})
    const { send, abort } = exporting({ endpoint, protocol: 'grpc', tls: { insecure: true } })
    const sending = thrown(send(batchOf(['x'])))
    await expect.poll(() => seen.length).toBe(1)
    abort.abort(new Error('timed out'))
    expect((await sending).message).toBe('timed out')
  })
})

describe('TLS', () => {
  const identity = { ca_file: 'ca.crt', cert_file: 'client.crt', key_file: 'client.key' }
  const open = { https: true, grpc: true }

  it.each(Object.keys(open))('by %s trusts an authority, and shows who it is', async (kind) => {
    const server = { key: pem('server.key'), cert: pem('server.crt') }
    const { seen, endpoint } =
      kind === 'grpc'
        ? await grpcServer(
            (_, callback) => callback(null, Buffer.alloc(0)),
            ServerCredentials.createSsl(pem('ca.crt'), [{ private_key: server.key, cert_chain: server.cert }], true),
          )
        : await webServer((response) => response.writeHead(200, protobuf).end(), {
            ...{ ...server, ca: pem('ca.crt'), requestCert: true, rejectUnauthorized: true },
          })
    const protocol = kind === 'grpc' ? 'grpc' : 'http/protobuf'
    await exporting({ endpoint, protocol, tls: identity }).send(batchOf(['known']))
    const doubting = await thrown(exporting({ endpoint, protocol }).send(batchOf(['x'])))
    expect([isRetryableError(doubting), doubting.hint]).toEqual([true, expect.stringContaining('tls.ca_file')])
    const nameless = await thrown(exporting({ endpoint, protocol, tls: { ca_file: 'ca.crt' } }).send(batchOf(['x'])))
    expect(isRetryableError(nameless)).toBe(true)
    const misnamed = { ...identity, server_name_override: 'other.example' }
    expect(isRetryableError(await thrown(exporting({ endpoint, protocol, tls: misnamed }).send(batchOf(['x']))))).toBe(
      true,
    )
    const careless = { ...identity, ca_file: 'stranger.crt', insecure_skip_verify: true }
    await exporting({ endpoint, protocol, tls: careless }).send(batchOf(['careless']))
    expect(seen).toHaveLength(2)
  })

  it('names the file that it cannot read, at the start', async () => {
    const { exporter } = exporting({ endpoint: 'https://127.0.0.1:1', tls: { ca_file: 'none.crt' } })
    await expect(exporter.start?.()).rejects.toThrow(/tls.ca_file cannot be read: .*none\.crt/)
  })
})

const badName = 'the header "bad name" has a name or value that is not allowed'

it.each([
  [{ endpoint: 'collector:4318' }, ['endpoint'], 'endpoint is no http or https address'],
  [{ endpoint: 'http://a', logs_endpoint: 'b' }, ['logs_endpoint'], 'logs_endpoint is no http or https address'],
  [{ endpoint: 'collector', protocol: 'grpc' }, ['endpoint'], 'endpoint is no host and port'],
  [
    { endpoint: 'a:1', protocol: 'grpc', compression: 'zstd' },
    ['compression'],
    'compression is zstd, which gRPC does not have',
  ],
  [{ endpoint: 'http://a', headers: { a: 'b', 'bad name': 'secret' } }, ['headers', 'bad name'], badName],
  [{ endpoint: 'a:1', protocol: 'grpc', headers: { 'bad name': 'secret' } }, ['headers', 'bad name'], badName],
  [
    { endpoint: 'a:1', protocol: 'grpc', headers: { 'trace-bin': 'secret' } },
    ['headers', 'trace-bin'],
    expect.not.stringContaining('secret'),
  ],
])('refuses a config that cannot work, at the start: %j', (config, configPath, message) => {
  expect(() => createComponent(definition, config, testServices())).toThrow(
    expect.objectContaining({ message, configPath }),
  )
})
