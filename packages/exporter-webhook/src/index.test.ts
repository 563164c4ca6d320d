import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createTcpServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import {
  isPermanentError,
  isRetryableError,
  type LogBatch,
  PermanentError,
  RetryableError,
  type RunMode,
  WeirError,
} from '@weir/sdk'
import { batchOf, createComponent, exporterContract, TestClock, testServices } from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alertsOf } from './alert.fixture.ts'
import { type Handler, HttpServer } from './http-server.fixture.ts'
import webhook from './index.ts'
import { isPrivateAddress, publicLookup } from './private-address.ts'
import { retryAfterMs } from './sink-error.ts'

const testdata = fileURLToPath(new URL('testdata/', import.meta.url))
const pem = (name: string) => readFileSync(`${testdata}${name}`)
const now = Date.UTC(2026, 10, 24, 14, 13, 19, 500)
const ok: Handler = (_, response) => void response.end('ok')
/** Answers with a status, and with headers. */
const answer =
  (status: number, headers: { [name: string]: string } = {}, text = ''): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(text)

function webhookOf(config: object) {
  const mode: RunMode = { once: false, isTerminal: false, baseDir: testdata }
  const services = testServices({ clock: new TestClock(now), overrides: { run_mode: mode } })
  const exporter = createComponent(webhook, config, services)
  return {
    exporter,
    async send(batch: LogBatch = alertsOf({}), abortSignal: AbortSignal = new AbortController().signal): Promise<void> {
      await exporter.export(batch, { abortSignal })
    },
    async [Symbol.asyncDispose]() {
      await exporter.stop?.()
    },
  }
}

async function thrown(promise: Promise<void>): Promise<WeirError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof WeirError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** What comes of sending one alert to a server that answers so. */
async function outcome(handler: Handler, config: object = {}): Promise<WeirError> {
  await using server = await HttpServer.start(handler)
  await using hook = webhookOf({ url: server.url(), ...config })
  return await thrown(hook.send())
}

const retryAfterOf = (error: WeirError) => (error instanceof RetryableError ? error.retryAfter : undefined)

describe('the webhook exporter', () => {
  describe('contract', () => {
    let server: HttpServer
    const config = { url: '' }
    beforeAll(async () => {
      server = await HttpServer.start(ok)
      config.url = server.url()
    })
    afterAll(() => server[Symbol.asyncDispose]())
    const failing = [{ name: 'nobody listens', config: { url: 'http://127.0.0.1:1' }, error: 'retryable' as const }]
    for (const { name, run } of exporterContract(webhook, { config, failing })) it(name, run)
  })

  it('posts JSON with its headers', async () => {
    await using server = await HttpServer.start(ok)
    await using hook = webhookOf({ url: server.url('/a?b=c'), headers: { 'X-Api-Key': 'secret' } })
    await hook.send()
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/a?b=c',
        headers: { 'content-type': 'application/json', 'x-api-key': 'secret', 'idempotency-key': 'alert-1' },
      },
    ])
    expect(JSON.parse(server.requests[0]?.body ?? '').alerts).toHaveLength(1)
  })

  it('takes the user of the URL for basic authorization, and a method of its own', async () => {
    await using server = await HttpServer.start(answer(204))
    await using hook = webhookOf({ url: server.url().replace('//', '//me:p%40ss@'), method: 'PUT' })
    await hook.send()
    expect(server.requests).toMatchObject([
      { method: 'PUT', headers: { authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` } },
    ])
  })

  it('sends a batch in as many requests as the preset wants', async () => {
    await using server = await HttpServer.start(answer(202))
    await using hook = webhookOf({ url: server.url(), preset: 'pagerduty', routing_key: 'r' })
    await hook.send(alertsOf({ id: 'a' }, { id: 'b' }, { id: 'c', state: 'resolved' }))
    expect(server.requests.map(({ body }) => JSON.parse(body).event_action)).toEqual(['trigger', 'trigger', 'resolve'])
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['a', 'b', 'c'])
  })

  it('signs the body with the time', async () => {
    await using server = await HttpServer.start(ok)
    await using hook = webhookOf({
      url: server.url(),
      signature: { secret: 'key', header: 'X-Sig', algorithm: 'sha512' },
    })
    await hook.send()
    const { headers, body = '' } = server.requests[0] ?? {}
    const [, seconds, digest] = /^t=(\d+),sha512=([0-9a-f]+)$/.exec(String(headers?.['x-sig'])) ?? []
    expect(seconds).toBe(String(Math.floor(now / 1000)))
    expect(digest).toBe(createHmac('sha512', 'key').update(`${seconds}.${body}`).digest('hex'))
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

    it.each([500, 502, 504, 408, 425])('of %i is tried again', async (status) => {
      expect(isRetryableError(await outcome(answer(status)))).toBe(true)
    })

    it.each([400, 401, 404, 413, 422, 304])('of %i is final, and says what the sink said', async (status) => {
      const error = await outcome(answer(status, {}, status === 304 ? '' : 'no\n such  thing'))
      expect(isPermanentError(error)).toBe(true)
      expect(error.message).toMatch(
        status === 304 ? /^http:\/\/127.0.0.1:\d+ answered 304$/ : new RegExp(`answered ${status}: no such thing$`),
      )
    })

    it('does not betray the path of the URL, which is often the secret', async () => {
      const error = await outcome(answer(401), { headers: { Authorization: 'Bearer token' } })
      expect(`${error.message} ${error.hint} ${error.stack}`).not.toMatch(/\/hook|Bearer/)
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
      await using hook = webhookOf({ url })
      const error = await thrown(hook.send())
      expect(isRetryableError(error)).toBe(true)
      expect(error.message).toMatch(/nothing listens there \(ECONNREFUSED\)/)
    })

    it('is tried again when the name is not known', async () => {
      await using hook = webhookOf({ url: 'http://no-such-host.invalid/' })
      expect(isRetryableError(await thrown(hook.send()))).toBe(true)
    })

    it('is tried again when it is reset before or within the answer', async () => {
      const before = await outcome((_, __, message) => void message.socket.resetAndDestroy())
      const within = await outcome((_, response, message) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('half', () => message.socket.resetAndDestroy())
      })
      expect([isRetryableError(before), isRetryableError(within)]).toEqual([true, true])
    })

    it('is tried again when what answers is no web server', async () => {
      const server = createTcpServer((socket) => void socket.end('nonsense\r\n\r\n')).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      await using hook = webhookOf({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` })
      expect(isRetryableError(await thrown(hook.send()))).toBe(true)
      server.close()
    })

    it('ends when the attempt is aborted, before or within the answer', async () => {
      for (const sendsHead of [false, true]) {
        const abort = new AbortController()
        await using server = await HttpServer.start((_, response) => {
          if (sendsHead) response.writeHead(200).write('and then …')
          setImmediate(() => abort.abort(new Error('timed out')))
        })
        await using hook = webhookOf({ url: server.url() })
        await expect(hook.send(alertsOf({}), abort.signal)).rejects.toThrow('timed out')
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
    await using hook = webhookOf({ url: server.url() })
    await hook.send()
    await expect.poll(() => isClosed).toBe(true)
  })

  describe('an attempt after a failure', () => {
    it('sends only what did not get through', async () => {
      let left = 2
      await using server = await HttpServer.start(
        (_, response) => void response.writeHead(left-- > 0 ? 200 : 503).end(),
      )
      await using hook = webhookOf({ url: server.url(), max_per_request: 1 })
      const batch = alertsOf({ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' })
      expect(isRetryableError(await thrown(hook.send(batch)))).toBe(true)
      left = 10
      await hook.send(batch)
      const keys = () => server.requests.map(({ headers }) => headers['idempotency-key'])
      expect(keys()).toEqual(['a', 'b', 'c', 'c', 'd'])
      await hook.send(batch)
      expect(keys().slice(5)).toEqual(['a', 'b', 'c', 'd'])
    })

    it('sends other records that come in the same batch object', async () => {
      let status = 503
      await using server = await HttpServer.start((_, response) => void response.writeHead(status).end())
      await using hook = webhookOf({ url: server.url(), max_per_request: 1 })
      const batch = batchOf(['a'])
      await thrown(hook.send(batch))
      batch.reset().append().body = 'b'
      status = 200
      await hook.send(batch)
      expect(server.requests.map(({ body }) => JSON.parse(body).records[0].body)).toEqual(['a', 'b'])
    })

    it('goes on with the rest of a batch when one request is refused, and tells at the end', async () => {
      const seen: unknown[] = []
      await using server = await HttpServer.start(({ headers }, response) => {
        const key = headers['idempotency-key']
        seen.push(key)
        response.writeHead(key === 'b' ? 400 : key === 'd' && seen.length < 5 ? 503 : 200).end()
      })
      await using hook = webhookOf({ url: server.url(), max_per_request: 1 })
      const batch = alertsOf({ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' })
      expect(isRetryableError(await thrown(hook.send(batch)))).toBe(true)
      const error = await thrown(hook.send(batch))
      expect(error).toBeInstanceOf(PermanentError)
      expect(error.message).toMatch(/^1 of 4 requests were refused; the first: .* answered 400$/)
      expect(seen).toEqual(['a', 'b', 'c', 'd', 'd'])
    })
  })

  describe('redirects', () => {
    const allowed = { allow_private_redirects: true }
    /** A server that redirects, and one that it redirects to. */
    async function pair(status: number, location: (target: HttpServer, own: HttpServer) => string) {
      const target = await HttpServer.start(ok)
      const server: HttpServer = await HttpServer.start((request, response) => {
        if (request.path === '/end') response.end()
        else response.writeHead(status, { location: location(target, server) }).end()
      })
      return {
        server,
        target,
        [Symbol.asyncDispose]: async () =>
          void (await Promise.all([server, target].map((one) => one[Symbol.asyncDispose]()))),
      }
    }

    it.each([301, 302, 307, 308])(
      'of %i are followed with method and body, without secret headers to another origin',
      async (status) => {
        await using both = await pair(status, (target) => target.url('/there'))
        await using hook = webhookOf({ ...allowed, url: both.server.url(), headers: { Authorization: 'Bearer x' } })
        await hook.send()
        const [first] = both.server.requests
        expect(both.target.requests).toMatchObject([{ method: 'POST', path: '/there', body: first?.body }])
        expect([first?.headers.authorization, both.target.requests[0]?.headers.authorization]).toEqual([
          'Bearer x',
          undefined,
        ])
      },
    )

    it('keep secret headers on the same origin', async () => {
      await using both = await pair(308, () => '/end')
      await using hook = webhookOf({ ...allowed, url: both.server.url(), headers: { Authorization: 'Bearer x' } })
      await hook.send()
      expect(both.server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
        ['/hook', 'Bearer x'],
        ['/end', 'Bearer x'],
      ])
    })

    it('never lead to a private address, by number or by name', async () => {
      for (const host of [
        '127.0.0.1',
        'localhost',
        '[::1]',
        '[::ffff:127.0.0.1]',
        '2130706433',
        '0x7f.1',
        '10.0.0.1',
        '169.254.169.254',
      ]) {
        await using both = await pair(307, (target) => `http://${host}:${target.port}/`)
        await using hook = webhookOf({ url: both.server.url() })
        const error = await thrown(hook.send())
        expect([host, isPermanentError(error), error.code]).toEqual([host, true, 'WEIR_WEBHOOK_REDIRECT'])
        expect(error.hint).toMatch(/allow_private_redirects/)
        expect(both.target.requests).toEqual([])
      }
    })

    it('are followed so many times and no more', async () => {
      await using both = await pair(307, (_, own) => own.url())
      await using hook = webhookOf({ ...allowed, url: both.server.url(), max_redirects: 2 })
      expect((await thrown(hook.send())).message).toMatch(/redirects more than 2 times/)
      expect(both.server.requests).toHaveLength(3)
    })

    it('are answers like others with max_redirects: 0, and where no place is named', async () => {
      expect((await outcome(answer(302, { location: 'http://example.com' }), { max_redirects: 0 })).message).toMatch(
        /answered 302/,
      )
      expect((await outcome(answer(302), allowed)).message).toMatch(/answered 302/)
      expect((await outcome(answer(303, { location: '/x' }), allowed)).message).toMatch(/answered 303/)
      expect((await outcome(answer(302, { location: 'file:///etc/passwd' }), allowed)).message).toMatch(
        /no web address/,
      )
    })

    it('never lead from https to http', async () => {
      await using target = await HttpServer.start(ok)
      await using server = await HttpServer.start(answer(307, { location: target.url() }), {
        key: pem('server.key'),
        cert: pem('server.crt'),
      })
      await using hook = webhookOf({ ...allowed, url: server.url(), tls: { ca_file: 'server.crt' } })
      expect((await thrown(hook.send())).message).toMatch(/from https to http/)
      expect(target.requests).toEqual([])
    })
  })

  it('knows which addresses are private', () => {
    const are = (addresses: string) => addresses.split(' ').map(isPrivateAddress)
    expect(
      are(
        '127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fd00::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: ff02::1',
      ),
    ).not.toContain(false)
    expect(
      are('8.8.8.8 ::ffff:8.8.8.8 172.15.0.1 172.32.0.1 100.128.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1'),
    ).not.toContain(true)
  })

  it('looks up names for one address or all, and refuses private ones either way', async () => {
    for (const all of [false, true]) {
      const error = await new Promise((resolve) => publicLookup('localhost', { all }, resolve))
      expect(isPermanentError(error)).toBe(true)
    }
  })

  describe('TLS', () => {
    const tls = { key: pem('server.key'), cert: pem('server.crt') }

    it('trusts the authority of ca_file, and otherwise those of the system', async () => {
      await using server = await HttpServer.start(ok, tls)
      await using trusting = webhookOf({ url: server.url(), tls: { ca_file: 'server.crt' } })
      await trusting.send()
      await using doubting = webhookOf({ url: server.url() })
      const error = await thrown(doubting.send())
      expect([isRetryableError(error), error.hint]).toEqual([true, expect.stringContaining('tls.ca_file')])
      await using careless = webhookOf({ url: server.url(), tls: { insecure_skip_verify: true } })
      await careless.send()
      expect(server.requests).toHaveLength(2)
    })

    it('shows its certificate to a server that asks', async () => {
      const asking = { ...tls, ca: pem('client.crt'), requestCert: true, rejectUnauthorized: true }
      await using server = await HttpServer.start(ok, asking)
      const url = server.url()
      await using known = webhookOf({
        url,
        tls: { ca_file: 'server.crt', cert_file: 'client.crt', key_file: 'client.key' },
      })
      await known.send()
      await using unknown = webhookOf({ url, tls: { ca_file: 'server.crt' } })
      expect(isRetryableError(await thrown(unknown.send()))).toBe(true)
    })

    it('names the file that it cannot read, at start', async () => {
      await using hook = webhookOf({ url: 'https://example.com', tls: { key_file: 'none.key' } })
      await expect(hook.exporter.start?.()).rejects.toThrow(/tls.key_file cannot be read: .*none\.key/)
    })
  })

  it.each([
    [{}, 'url is missing'],
    [{ url: 'ftp://secret-host/' }, 'url is no http or https address'],
    [{ url: 'secret' }, 'url is no http or https address'],
    [
      { url: 'http://x', headers: { 'bad name': 'secret' } },
      'headers: a name or value is not allowed in HTTP (bad name)',
    ],
    [{ url: 'http://x', headers: { Name: 'secret\nline' } }, 'headers: a name or value is not allowed in HTTP (Name)'],
    [{ preset: 'pagerduty' }, 'the preset pagerduty needs routing_key'],
  ])('refuses a config that cannot work, without repeating what is secret: %j', (config, message) => {
    expect(() => webhookOf(config)).toThrow(expect.objectContaining({ message, hint: expect.any(String) }))
  })
})
