import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { TestClock } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HttpProblem } from './http-problem.ts'
import { answerOf, created, listening } from './listening.fixture.ts'

const encodings = { gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync, identity: (bytes: Buffer) => bytes }
const problem = (text: string): unknown => JSON.parse(text)
const file = (name: string) => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8')

describe('a body', () => {
  const echo = { handle: async (asked: { read(): Promise<Buffer> }) => ({ status: 200, body: await asked.read() }) }

  it('is the same however it comes in pieces, whatever it is compressed with', async () => {
    const { begin } = await listening({}, echo)
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.constantFrom('gzip', 'deflate', 'zstd', 'identity' as const),
        fc.array(fc.nat(600), { maxLength: 5 }),
        async (text, encoding, cuts) => {
          const bytes = encodings[encoding as keyof typeof encodings](Buffer.from(text))
          const asking = begin({ agent, headers: { 'content-encoding': encoding } })
          const answer = answerOf(asking)
          let at = 0
          for (const cut of [...cuts, bytes.length].sort((one, other) => one - other)) {
            if (cut > at && cut <= bytes.length) asking.write(bytes.subarray(at, cut))
            at = Math.max(at, cut)
          }
          asking.end()
          expect(await answer).toMatchObject({ status: 200, body: text })
        },
      ),
      { numRuns: 60 },
    )
  })

  it.each(['gzip', 'deflate', 'zstd'] as const)(
    'that is a bomb of %s is refused, and its connection lives on',
    async (encoding) => {
      const { ask, meter } = await listening({ max_request_body_size: '1MiB' })
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      onTestFinished(() => agent.destroy())
      const bomb = encodings[encoding](Buffer.alloc(200_000_000))
      expect(bomb.length).toBeLessThan(1_000_000)
      // What the bomb was made of must not count as what is there before.
      setFlagsFromString('--expose-gc')
      runInNewContext('gc()')
      const before = process.memoryUsage().arrayBuffers
      let peak = before
      let isAnswered = false
      const look = () => {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers)
        if (!isAnswered) setImmediate(look)
      }
      look()
      const asking = ask({ agent, headers: { 'content-encoding': encoding }, body: bomb })
      const refused = await asking.finally(() => {
        isAnswered = true
      })
      expect(refused.status).toBe(413)
      expect(peak - before).toBeLessThan(50_000_000)
      expect(await ask({ agent, body: 'fine' })).toMatchObject({ status: 200, body: '4' })
      expect(meter.total('weir_http_server_refused')).toBe(1)
    },
  )

  it('in zstd with a window that would take much memory is refused', async () => {
    const { ask } = await listening()
    // A frame header that asks for a window of 128 MiB, and a raw block.
    const frame = Buffer.from('28b52ffd0088010000', 'hex')
    expect(await ask({ headers: { 'content-encoding': 'zstd' }, body: frame })).toMatchObject({ status: 400 })
  })

  it.each(['gzip', 'deflate', 'zstd'] as const)('of %s that is corrupt or cut is refused', async (encoding) => {
    const { ask } = await listening()
    const headers = { 'content-encoding': encoding }
    const whole = encodings[encoding](Buffer.from('hello, world '.repeat(100)))
    expect(await ask({ headers, body: 'gibberish' })).toMatchObject({ status: 400 })
    const cut = await ask({ headers, body: whole.subarray(0, whole.length - 4) })
    expect(cut.status).toBe(400)
    expect(problem(cut.body)).toMatchObject({ detail: expect.stringContaining(`no valid ${encoding}`) })
  })

  it('in an encoding that is not known is refused with those that are', async () => {
    const { ask } = await listening()
    const { status, headers } = await ask({ headers: { 'content-encoding': 'br' }, body: 'x' })
    expect({ status, known: headers['accept-encoding'] }).toEqual({ status: 415, known: 'gzip, zstd, deflate' })
  })

  it('that is too large is refused, told or not, with what the limit is', async () => {
    const { ask } = await listening({ max_request_body_size: '100' })
    const body = 'x'.repeat(101)
    const told = await ask({ headers: { 'content-length': 101 }, body })
    const untold = await ask({ headers: { 'transfer-encoding': 'chunked' }, body })
    for (const { status, headers, body: text } of [told, untold]) {
      expect({ status, type: headers['content-type'] }).toEqual({ status: 413, type: 'application/problem+json' })
      expect(problem(text)).toEqual({
        title: 'Payload Too Large',
        status: 413,
        detail: 'the body is larger than 100 bytes (max_request_body_size)',
      })
    }
    expect(await ask({ body: body.slice(1) })).toMatchObject({ status: 200 })
  })

  it('that waits to be asked for is not sent in vain', async () => {
    const { begin } = await listening({ max_request_body_size: '100' })
    const large = begin({ headers: { expect: '100-continue', 'content-length': 101 } })
    let isAskedFor = false
    large.on('continue', () => {
      isAskedFor = true
    })
    const refusal = answerOf(large)
    large.flushHeaders()
    expect(await refusal).toMatchObject({ status: 413, headers: { connection: 'close' } })
    expect(isAskedFor).toBe(false)
    const small = begin({ headers: { expect: '100-continue', 'content-length': 2 } })
    small.on('continue', () => small.end('ok'))
    const answer = answerOf(small)
    small.flushHeaders()
    expect(await answer).toMatchObject({ status: 200, body: '2' })
  })

  it('that is cut off reaches no handler, and leaves nothing behind', async () => {
    const outcomes: unknown[] = []
    const { begin, ask, until } = await listening(
      { max_pending_size: '1000' },
      {
        handle: async (asked) => {
          const bytes = await asked.read().catch((error: unknown) => {
            outcomes.push(error)
            throw error
          })
          return { status: 200, body: `${bytes.length}` }
        },
      },
    )
    for (const count of [1, 2, 3]) {
      const asking = begin({ headers: { 'content-length': 900 } })
      asking.on('error', () => {})
      asking.write('x'.repeat(800))
      const cut = setInterval(() => asking.destroy(), 20)
      await until(() => outcomes.length === count)
      clearInterval(cut)
    }
    expect(outcomes[0]).toMatchObject({ status: 400, message: 'the body was cut off' })
    expect(await ask({ body: 'x'.repeat(900) })).toMatchObject({ status: 200 })
  })

  it('for which there is no room is refused until there is, with the time to wait', async () => {
    const gate = Promise.withResolvers<void>()
    const { ask } = await listening(
      { max_pending_size: '1000' },
      {
        handle: async (asked) => {
          await asked.read()
          if (asked.path === '/slow') await gate.promise
          return { status: 204 }
        },
      },
    )
    const slow = ask({ path: '/slow', body: 'x'.repeat(900) })
    await expect.poll(async () => (await ask({ body: 'x'.repeat(200) })).status).toBe(429)
    expect((await ask({ body: 'x'.repeat(200) })).headers['retry-after']).toBe('1')
    expect(await ask({ body: 'x' })).toMatchObject({ status: 204 })
    gate.resolve()
    await slow
    expect(await ask({ body: 'x'.repeat(200) })).toMatchObject({ status: 204 })
  })
})

describe('a listener', () => {
  it('gives the handler what it asks for', async () => {
    const { ask } = await listening(
      {},
      {
        handle: ({ method, path, query, headers, peer }) => ({
          status: 202,
          headers: { 'x-kind': 'test' },
          body: JSON.stringify([method, path, query.get('q'), headers['x-one'], peer]),
        }),
      },
    )
    const got = await ask({ method: 'PUT', path: '/a%20b?q=1', headers: { 'x-one': 'two' } })
    expect(got).toMatchObject({
      status: 202,
      body: '["PUT","/a%20b","1","two","127.0.0.1"]',
      headers: { 'x-kind': 'test' },
    })
  })

  it('tells problems as the protocol wants them, and other errors to the log alone', async () => {
    const { ask, logger } = await listening(
      {},
      {
        handle: ({ path }) => {
          throw path === '/' ? new HttpProblem(409, 'taken') : new Error('the secret is hunter2')
        },
        answerProblem: ({ status, message }) => ({ status, body: `no: ${message}` }),
      },
    )
    expect(await ask()).toMatchObject({ status: 409, body: 'no: taken' })
    expect(await ask({ path: '/other' })).toMatchObject({ status: 500, body: 'no: the server failed' })
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  it('asks for credentials before it reads a body', async () => {
    const who: (string | undefined)[] = []
    const { ask, begin } = await listening(
      { auth: { authenticator: 'bearer_auth' } },
      {
        handle: ({ identity }) => {
          who.push(identity?.name)
          return { status: 204 }
        },
      },
    )
    const asking = begin({ headers: { 'content-length': 1000 } })
    asking.flushHeaders()
    expect(await answerOf(asking)).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(await ask({ headers: { authorization: 'Bearer wrong' } })).toMatchObject({ status: 401 })
    expect(await ask({ headers: { authorization: 'Bearer right' } })).toMatchObject({ status: 204 })
    expect(who).toEqual(['shipper'])
  })

  it('closes connections that say nothing, or say it slowly', async () => {
    const { raw } = await listening({ read_header_timeout: '100ms', read_timeout: '200ms' })
    const silent = raw()
    const slowHead = raw('POST / HTTP/1.1\r\nHost: a\r\nX: ')
    const slowBody = raw('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')
    await silent.closed
    expect(await slowHead.closed).toMatch(/^HTTP\/1.1 408 /)
    expect(await slowBody.closed).toMatch(/^HTTP\/1.1 408 /)
  })

  it.each([
    ['no HTTP', 'gibberish\r\n\r\n', '400'],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, '431'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', '400'],
    ['a bad chunk', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', '400'],
  ])('refuses %s', async (_, text, status) => {
    const { raw, ask, meter } = await listening()
    expect(await raw(text).closed).toContain(`HTTP/1.1 ${status} `)
    expect(meter.total('weir_http_server_refused')).toBeGreaterThanOrEqual(1)
    expect(await ask({ body: 'x' })).toMatchObject({ status: 200 })
  })

  it('takes so many connections and no more', async () => {
    const { raw, until, meter, ask } = await listening({ max_connections: 2 })
    const two = [raw(), raw()]
    await until(() => meter.total('weir_http_server_open_connections') === 2)
    await raw().closed
    expect(meter.total('weir_http_server_refused')).toBe(1)
    for (const { socket } of two) socket.destroy()
    await until(() => meter.total('weir_http_server_open_connections') === 0)
    expect(await ask({ body: 'x' })).toMatchObject({ status: 200 })
  })

  it('says once a minute what it refuses', async () => {
    const clock = new TestClock()
    const { ask, logger } = await listening({ max_request_body_size: '1' }, { services: { clock } })
    for (let count = 0; count < 3; count++) await ask({ body: 'xx' })
    await clock.advance(60_000)
    await ask({ body: 'xx' })
    expect(logger.lines.map(({ fields }) => fields)).toEqual([
      { reason: '413', peer: '127.0.0.1' },
      { reason: '413', peer: '127.0.0.1', more_like_it: 2 },
    ])
  })

  it('says where it cannot listen, and why', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : 0
    await expect(created({ endpoint: `127.0.0.1:${port}` }).listener.start()).rejects.toMatchObject({
      code: 'WEIR_HTTP_LISTEN',
      component: 'http/test',
      hint: expect.stringContaining('another process listens there'),
    })
    expect(() => created({ endpoint: 'http://127.0.0.1' })).toThrow(
      expect.objectContaining({ code: 'WEIR_HTTP_ENDPOINT', configPath: ['endpoint'] }),
    )
    expect(() => created({ endpoint: '127.0.0.1:99999' })).toThrow()
  })
})

describe('TLS', () => {
  const tls = { cert_file: 'testdata/server.crt', key_file: 'testdata/server.key' }
  const mutual = { tls: { ...tls, client_ca_file: 'testdata/ca.crt' } }
  const ca = file('ca.crt')
  const client = { cert: file('client.crt'), key: file('client.key') }

  it('is spoken, and gibberish instead of a handshake harms nobody', async () => {
    const { ask, raw, until, meter } = await listening({ tls })
    raw('GET / HTTP/1.1\r\n\r\n')
    await until(() => meter.total('weir_http_server_refused') === 1)
    expect(await ask({ secure: true, ca, body: 'x' })).toMatchObject({ status: 200 })
    await expect(ask({ secure: true, body: 'x' })).rejects.toThrow()
  })

  it('takes clients with a certificate of the authority alone', async () => {
    const { ask } = await listening(mutual)
    expect(await ask({ secure: true, ca, ...client, body: 'x' })).toMatchObject({ status: 200 })
    await expect(ask({ secure: true, ca, body: 'x' })).rejects.toThrow()
  })

  it('says which files it cannot use', async () => {
    const unusable: [object, string][] = [
      [{ cert_file: 'missing.crt' }, 'cert_file'],
      [{ cert_file: 'http-listener.test.ts' }, 'cert_file'],
      [{ key_file: 'http-listener.test.ts' }, 'key_file'],
      [{ client_ca_file: 'http-listener.test.ts' }, 'client_ca_file'],
      [{ key_file: 'testdata/client.key' }, 'cert_file and key_file'],
    ]
    for (const [keys, which] of unusable) {
      await expect(created({ tls: { ...tls, ...keys } }).listener.start()).rejects.toMatchObject({
        code: 'WEIR_HTTP_TLS',
        message: expect.stringContaining(`cannot be used: ${which}: `),
      })
    }
  })
})

describe('a stop', () => {
  it('lets what is under way be answered, and takes in nothing more', async () => {
    const gate = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    const { listener, ask, begin } = await listening(
      {},
      {
        handle: async (asked) => {
          began.resolve()
          const { length } = await asked.read()
          await gate.promise
          return { status: 200, body: `${length}` }
        },
      },
    )
    const delivering = ask({ body: 'xyz' })
    await began.promise
    const half = begin({ headers: { 'content-length': 10 } })
    const refusal = answerOf(half)
    half.write('12345')
    await expect.poll(() => half.socket?.bytesWritten).toBeGreaterThan(5)
    await listener.stop()
    expect(await refusal).toMatchObject({ status: 503, headers: { 'retry-after': '1', connection: 'close' } })
    await expect(ask({ body: 'late' })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    gate.resolve()
    expect(await delivering).toMatchObject({ status: 200, body: '3' })
    await listener.close()
  })

  it('does not wait for clients that keep their connection', async () => {
    const { listener, ask, raw } = await listening()
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    await ask({ agent, body: 'x' })
    const silent = raw()
    await listener.close()
    await silent.closed
  })

  it('may come before the start, or during it', async () => {
    await created().listener.close()
    const { listener } = created()
    const starting = listener.start()
    await listener.close()
    await starting
    expect(listener.port).toBe(0)
  })
})
