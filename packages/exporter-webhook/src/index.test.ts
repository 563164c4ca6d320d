import { createHmac } from 'node:crypto'
import { type Handler, HttpServer } from '@weir/http-client/testing'
import { isRetryableError, type LogBatch, PermanentError, WeirError } from '@weir/sdk'
import { alertsOf, batchOf, createComponent, exporterContract, TestClock, testServices } from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import webhook from './index.ts'

const now = Date.UTC(2026, 10, 24, 14, 13, 19, 500)
const ok: Handler = (_, response) => void response.end('ok')
/** Answers with a status, and with headers. */
const answer =
  (status: number, headers: { [name: string]: string } = {}, text = ''): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(text)

function webhookOf(config: object) {
  const exporter = createComponent(webhook, config, testServices({ clock: new TestClock(now) }))
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

  it('counts the records of the requests that were refused, not those of the others', async () => {
    await using server = await HttpServer.start(
      ({ body }, response) => void response.writeHead(body.includes('bad') ? 422 : 200).end(),
    )
    await using hook = webhookOf({ url: server.url(), max_per_request: 2 })
    expect(await thrown(hook.send(batchOf(['good', 'good', 'good', 'bad', 'good'])))).toMatchObject({ rows: [2, 3] })
  })

  it('sends an alert of Opsgenie with its key to where it is opened, and its end to where it is closed', async () => {
    await using server = await HttpServer.start(answer(202))
    await using hook = webhookOf({ url: server.url('/'), preset: 'opsgenie', api_key: 'key' })
    await hook.send(alertsOf({}, { state: 'resolved' }))
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/v2/alerts',
      '/v2/alerts/fp-1/close?identifierType=alias',
    ])
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill('GenieKey key'))
  })

  it.each([
    [{}, [], 'url is missing'],
    [{ url: 'ftp://secret-host/' }, ['url'], 'url is no http or https address'],
    [{ url: 'secret' }, ['url'], 'url is no http or https address'],
    [
      { url: 'http://x', headers: { 'a b': 'secret' } },
      ['headers', 'a b'],
      'the header "a b" has a name or value that is not allowed in HTTP',
    ],
    [{ preset: 'pagerduty' }, ['preset'], 'the preset pagerduty needs routing_key'],
    [{ preset: 'opsgenie' }, ['preset'], 'the preset opsgenie needs api_key'],
    [{ preset: 'ntfy', url: 'https://ntfy.sh' }, ['url'], 'url has no topic, which the preset ntfy needs'],
    [{ preset: 'ntfy' }, [], 'url is missing'],
    [
      { preset: 'opsgenie', api_key: 'a\nsecret' },
      ['api_key'],
      'the header "authorization" has a name or value that is not allowed in HTTP',
    ],
    [
      { url: 'http://x', signature: { secret: 'secret', header: 'X Signed' } },
      ['signature', 'header'],
      'the header "X Signed" has a name or value that is not allowed in HTTP',
    ],
    [
      { url: 'http://x', body: { title: 'secret', rows: ['x', { text: '{{body' }] } },
      ['body', 'rows', 1, 'text'],
      expect.stringContaining('has no "}}"'),
    ],
  ])('refuses a config that cannot work, without repeating what is secret: %j', (config, configPath, message) => {
    expect(() => webhookOf(config)).toThrow(
      expect.objectContaining({ message, configPath, hint: expect.not.stringContaining('secret') }),
    )
  })
})
