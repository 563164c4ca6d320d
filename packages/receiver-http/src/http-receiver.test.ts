import { Buffer } from 'node:buffer'
import { createServer } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { createComponent, receiverContract } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import definition from './index.ts'
import { receiving } from './receiving.fixture.ts'

const freePort = await new Promise<number>((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
  })
})

describe('http', () => {
  const config = { endpoint: `127.0.0.1:${freePort}`, max_pending_size: '10' }
  const produce = async () => {
    const answer = fetch(`http://127.0.0.1:${freePort}/`, { method: 'POST', body: 'a line\n' })
    // While there is no room there is no answer.
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, 30)
    await Promise.race([answer.catch(() => {}), promise])
    clearTimeout(timer)
  }
  for (const { name, run } of receiverContract(definition, { config, produce })) it(name, run)

  it.each([
    ['as they are', (bytes: Buffer) => bytes, {}],
    ['in gzip', gzipSync, { 'content-encoding': 'gzip' }],
    ['in zstd', zstdCompressSync, { 'content-encoding': 'zstd' }],
  ])('takes lines %s, the last one without its end', async (_, encode, headers) => {
    const { post, lines } = await receiving()
    expect(await post('/', encode(Buffer.from('one\r\ntwo ü\n\nthree')), { headers })).toMatchObject({ status: 204 })
    expect(lines()).toEqual(['one', 'two ü', '', 'three'])
  })

  it('is silent on other paths, and takes what is posted to its own', async () => {
    const { post, lines } = await receiving({ path: '/logs' })
    expect(await post('/', 'x')).toMatchObject({ status: 404 })
    expect(await post('/logs', 'x', { method: 'PATCH' })).toMatchObject({ status: 404 })
    expect(await post('/logs?from=here', 'x', { method: 'PUT' })).toMatchObject({ status: 204 })
    expect(lines()).toEqual(['x'])
  })

  it('takes the same lines however they come in pieces', async () => {
    const { begin, output } = await receiving()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ message: fc.string({ unit: 'grapheme' }), n: fc.integer() }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.constantFrom('application/x-ndjson', 'application/json', 'text/plain', 'array'),
        fc.array(fc.nat(400), { maxLength: 6 }),
        async (records, type, cuts) => {
          output.lines.length = 0
          const texts = records.map((record) => JSON.stringify(record))
          const isArray = type === 'array'
          const bytes = Buffer.from(isArray ? `[${texts.join(',')}]` : texts.join('\n'))
          const { asking, answer } = begin({ type: isArray ? 'application/json' : type })
          let at = 0
          for (const cut of [...cuts, bytes.length].sort((one, other) => one - other)) {
            if (cut <= at || cut > bytes.length) continue
            asking.write(bytes.subarray(at, cut))
            at = cut
          }
          asking.end()
          expect((await answer).status).toBe(204)
          expect(output.lines.map(({ text }) => text.trim())).toEqual(texts)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('takes nothing of a body that is cut, too large or no valid gzip', async () => {
    const { post, begin, output, until, meter } = await receiving({ max_request_body_size: '1KiB' })
    const { asking, answer } = begin({ headers: { 'content-length': 1000 } })
    answer.catch(() => {})
    asking.write('one\ntwo\nthr')
    await until(() => meter.total('weir_http_server_open_connections') === 1)
    asking.destroy()
    await until(() => meter.total('weir_http_server_open_connections') === 0)
    const headers = { 'content-encoding': 'gzip' }
    expect((await post('/', 'x\n'.repeat(600))).status).toBe(413)
    expect((await post('/', gzipSync('x\n'.repeat(100_000)), { headers })).status).toBe(413)
    expect((await post('/', 'gibberish', { headers })).status).toBe(400)
    const whole = gzipSync('one\ntwo\n')
    expect((await post('/', whole.subarray(0, whole.length - 4), { headers })).status).toBe(400)
    expect((await post('/', 'a form', { type: 'multipart/form-data; boundary=x' })).status).toBe(415)
    expect(output.calls).toBe(0)
  })

  it('wants those who come to be known, where it is told so', async () => {
    const { post, lines, output } = await receiving({ auth: { authenticator: 'bearer_auth' }, add_attributes: true })
    expect(await post('/', 'x')).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(await post('/', 'x', { headers: { authorization: 'Bearer right' } })).toMatchObject({ status: 204 })
    expect(lines()).toEqual(['x'])
    expect(output.lines[0]?.source).toBe('http/lines/127.0.0.1/shipper')
  })
})

describe('an answer', () => {
  it('waits until the records have arrived', async () => {
    const { post, output, until } = await receiving()
    output.holding = true
    let isAnswered = false
    const answer = post('/', 'x').finally(() => {
      isAnswered = true
    })
    await until(() => output.pending === 1)
    expect(await post('/none', '')).toMatchObject({ status: 404 })
    expect(isAnswered).toBe(false)
    output.settleAll()
    expect(await answer).toMatchObject({ status: 204 })
  })

  it('says so when they have not arrived, or not in time', async () => {
    const { post, output, until, clock } = await receiving()
    output.holding = true
    const rejected = post('/', 'x')
    await until(() => output.pending === 1)
    output.rejectAll(new Error('stopped'))
    expect(await rejected).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    const late = post('/', 'x')
    await until(() => output.pending === 1)
    await clock.advance(30_000)
    expect(await late).toMatchObject({ status: 503, body: expect.stringContaining('ack_timeout') })
  })

  it('does not wait with `ack: accepted`', async () => {
    const { post, output, until, meter } = await receiving({ ack: 'accepted' })
    output.holding = true
    expect(await post('/', 'x')).toMatchObject({ status: 204 })
    output.rejectAll(new Error('stopped'))
    await until(() => meter.total('weir_receiver_http_undelivered_requests') === 1)
  })

  it('is 429 with the time to wait while there is no room', async () => {
    const { post, output, until, lines } = await receiving({ max_pending_size: '10' })
    output.block()
    const waiting = post('/', 'first one')
    await until(() => output.waiting === 1)
    expect(await post('/', 'second')).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    output.open()
    expect(await waiting).toMatchObject({ status: 204 })
    expect(await post('/', 'second')).toMatchObject({ status: 204 })
    expect(lines()).toEqual(['first one', 'second'])
  })
})

it('wants an address to listen on', () => {
  expect(() => createComponent(definition, { endpoint: '127.0.0.1' })).toThrow(
    expect.objectContaining({ code: 'WEIR_HTTP_ENDPOINT', configPath: ['endpoint'] }),
  )
})
