import { once } from 'node:events'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { isPermanentError, isRetryableError, RetryableError, type WeirError } from '@weir/sdk'
import { settle } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { answer, clientOf, now, ok, outcome, thrown } from './client.fixture.ts'
import { endpointUrl } from './endpoint-url.ts'
import { retryAfterMs } from './sink-error.ts'
import { HttpServer } from './testing/http-server.ts'

const retryAfterOf = (error: WeirError) => (error instanceof RetryableError ? error.retryAfter : undefined)

it('posts a body with the headers of the config, and returns the answer', async () => {
  await using server = await HttpServer.start(answer(201, { 'X-Request-Id': '7' }, 'made'))
  await using client = clientOf({
    url: server.url('/a?b=c'),
    headers: { 'X-Api-Key': 'secret', 'Content-Type': 'x/y' },
  })
  const { status, text, header } = await client.send()
  expect([status, text, header('x-request-id'), header('x-none')]).toEqual([201, 'made', '7', undefined])
  const headers = { 'content-type': 'x/y', 'x-api-key': 'secret', 'user-agent': 'weir' }
  expect(server.requests).toMatchObject([{ method: 'POST', path: '/a?b=c', headers, body: '{"a":1}' }])
})

it('takes the user of the address for basic authorization', async () => {
  await using server = await HttpServer.start(answer(204))
  await using client = clientOf({ url: server.url().replace('//', '//me:p%40ss@') })
  await client.send()
  const authorization = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
  expect(server.requests).toMatchObject([{ headers: { authorization } }])
})

it.each(['gzip', 'zstd'] as const)('compresses by %s what is worth it', async (compression) => {
  await using server = await HttpServer.start(ok)
  const long = JSON.stringify(Array(1000).fill('a line of a log'))
  await using client = clientOf({ url: server.url(), compression }, long)
  await client.send()
  await using other = clientOf({ url: server.url(), compression }, 'short')
  await other.send()
  expect(server.requests.map(({ body }) => body)).toEqual([long, 'short'])
  expect(server.requests.map(({ headers }) => headers['content-encoding'])).toEqual([compression, undefined])
  expect(server.requests[0]?.byteLength).toBeLessThan(long.length / 10)
})

it('follows no slower than the sink: a slow answer is waited for', async () => {
  await using server = await HttpServer.start((_, response) => {
    response.writeHead(200)
    // Byte by byte, each in a turn of its own.
    const drip = (left: number): void => {
      if (left === 0) return void response.end()
      response.write('.', () => setImmediate(drip, left - 1))
    }
    drip(200)
  })
  await using client = clientOf({ url: server.url() })
  expect((await client.send()).text).toBe('.'.repeat(200))
})

it('succeeds on the same connection pool when the sink has recovered', async () => {
  const answers = [503, 500, 429, 200]
  await using server = await HttpServer.start((_, response) => void response.writeHead(answers.shift() ?? 200).end())
  await using client = clientOf({ url: server.url() })
  for (let failures = 0; failures < 3; failures++) expect(isRetryableError(await thrown(client.send()))).toBe(true)
  expect((await client.send()).status).toBe(200)
})

describe('an answer that is no success', () => {
  it.each([429, 503])(
    'of %i is tried again after the time that it asks for, in seconds or as a date',
    async (status) => {
      const inSeconds = await outcome(answer(status, { 'retry-after': '7' }))
      expect([isRetryableError(inSeconds), retryAfterOf(inSeconds)]).toEqual([true, 7000])
      const date = new Date(now + 9500).toUTCString()
      expect(retryAfterOf(await outcome(answer(status, { 'retry-after': date })))).toBe(9500)
      expect(retryAfterOf(await outcome(answer(status)))).toBeUndefined()
    },
  )

  it.each([500, 502, 504, 507, 408, 425])('of %i is tried again', async (status) => {
    expect(isRetryableError(await outcome(answer(status)))).toBe(true)
  })

  it.each([400, 401, 403, 404, 413, 422, 501, 505, 304])(
    'of %i is final, and says what the sink said',
    async (status) => {
      const error = await outcome(answer(status, {}, status === 304 ? '' : 'no\n such  thing'))
      expect(isPermanentError(error)).toBe(true)
      expect(error.message).toMatch(
        status === 304 ? /^http:\/\/127.0.0.1:\d+ answered 304$/ : new RegExp(`answered ${status}: no such thing$`),
      )
    },
  )

  it('does not betray the path of the URL, which is often the secret', async () => {
    await using server = await HttpServer.start(answer(401))
    const url = server.url('/hook?key=token').replace('//', '//me:password@')
    await using client = clientOf({ url, headers: { Authorization: 'Bearer token' } })
    const refused = await thrown(client.send())
    await server[Symbol.asyncDispose]()
    const unreachable = await thrown(client.send())
    for (const error of [refused, unreachable]) {
      expect(`${error.message} ${error.hint} ${error.stack} ${error.cause}`).not.toMatch(/hook|token|me:|password/)
    }
  })
})

it('reads what Retry-After says', () => {
  const read = (header?: string) => retryAfterMs(header, now)
  expect([read(), read('x'), read(''), read('-5'), read('0'), read(' 1.5 ')]).toEqual([
    undefined,
    undefined,
    undefined,
    expect.anything(),
    0,
    1500,
  ])
  expect(read(new Date(0).toUTCString())).toBe(0)
  expect(read('99999999999')).toBe(86_400_000)
})

describe('a connection that fails', () => {
  it('is tried again when nothing listens', async () => {
    await using server = await HttpServer.start(ok)
    const url = server.url()
    await server[Symbol.asyncDispose]()
    await using client = clientOf({ url })
    const error = await thrown(client.send())
    expect(isRetryableError(error)).toBe(true)
    expect(error.message).toMatch(/nothing listens there \(ECONNREFUSED\)/)
  })

  it('is tried again when the name is not known', async () => {
    await using client = clientOf({ url: 'http://no-such-host.invalid/' })
    expect(isRetryableError(await thrown(client.send()))).toBe(true)
  })

  it('is tried again when it is reset before or within the answer', async () => {
    const before = await outcome((_, __, message) => void message.socket.resetAndDestroy())
    const within = await outcome((_, response, message) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => message.socket.resetAndDestroy())
    })
    expect([isRetryableError(before), isRetryableError(within)]).toEqual([true, true])
  })

  it.each<[string, (socket: Socket) => void]>([
    ['before the body is sent', (socket) => void socket.resetAndDestroy()],
    ['in the middle of the body that is sent', (socket) => void socket.once('data', () => socket.resetAndDestroy())],
  ])('is tried again when it is reset %s', async (_, reset) => {
    const server = createTcpServer(reset).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    await using client = clientOf({ url }, 'x'.repeat(20_000_000))
    expect(isRetryableError(await thrown(client.send()))).toBe(true)
    server.close()
  })

  it('is tried again when what answers is no web server', async () => {
    const server = createTcpServer((socket) => void socket.end('nonsense\r\n\r\n')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    await using client = clientOf({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` })
    expect(isRetryableError(await thrown(client.send()))).toBe(true)
    server.close()
  })

  it('ends when the attempt is aborted, before or within the answer', async () => {
    for (const sendsHead of [false, true]) {
      const abort = new AbortController()
      await using server = await HttpServer.start((_, response) => {
        const end = () => abort.abort(new Error('timed out'))
        // What has been written is read in the turns of the event loop that follow.
        if (sendsHead) response.writeHead(200).write('and then …', () => void settle().then(end))
        else setImmediate(end)
      })
      await using client = clientOf({ url: server.url() })
      await expect(client.send(abort.signal)).rejects.toThrow('timed out')
    }
  })
})

it('takes no more of an answer than it needs', async () => {
  let isClosed = false
  await using server = await HttpServer.start((_, response) => {
    response.on('close', () => {
      isClosed = true
    })
    const pour = () => {
      while (!isClosed && response.write('x'.repeat(10_000)));
      response.once('drain', pour)
    }
    pour()
  })
  await using client = clientOf({ url: server.url() })
  await client.send()
  await expect.poll(() => isClosed).toBe(true)
})

it.each([
  [undefined, 'endpoint is missing'],
  ['ftp://secret-host/', 'endpoint is no http or https address'],
  ['secret', 'endpoint is no http or https address'],
])('refuses an address that is none, without repeating it: %s', (text, message) => {
  expect(() => endpointUrl(text, 'endpoint')).toThrow(expect.objectContaining({ message, code: 'WEIR_HTTP_URL' }))
})

it.each([
  [{ 'bad name': 'secret' }, 'the header "bad name" has a name or value that is not allowed in HTTP'],
  [{ Name: 'secret\nline' }, 'the header "Name" has a name or value that is not allowed in HTTP'],
])('refuses headers that are none, without repeating values: %j', (headers, message) => {
  expect(() => clientOf({ url: 'http://x', headers })).toThrow(
    expect.objectContaining({ message, code: 'WEIR_HTTP_HEADER' }),
  )
})
