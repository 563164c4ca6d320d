import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { decoded } from './definitions.fixture.ts'
import { answerOf, anyPort, bodies, certificate, created, json, protobuf, receiving } from './receiving.fixture.ts'

const jsonBody = (text: string) =>
  JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: text } }] }] }] })
const status = (body: Buffer) => decoded('Status', body)

describe('a request', () => {
  it('is answered in its own encoding', async () => {
    const { post, texts } = await receiving()
    const inProtobuf = await post(bodies('one', 'two'))
    expect([inProtobuf.status, inProtobuf.headers['content-type'], inProtobuf.body.length]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ])
    const inJson = await post(jsonBody('three'), { headers: { 'content-type': 'application/json; charset=utf-8' } })
    expect([inJson.status, inJson.headers['content-type'], inJson.body.toString()]).toEqual([
      200,
      'application/json',
      '{}',
    ])
    expect(texts()).toEqual(['one', 'two', 'three'])
  })

  it('that is empty is a success', async () => {
    const { post, output } = await receiving()
    expect(await post('')).toMatchObject({ status: 200 })
    expect(await post('{}', { headers: json })).toMatchObject({ status: 200 })
    expect(output.calls).toBe(0)
  })

  it('may be compressed', async () => {
    const { post, texts } = await receiving()
    expect(
      await post(gzipSync(bodies('small')), { headers: { ...protobuf, 'content-encoding': 'gzip' } }),
    ).toMatchObject({ status: 200 })
    expect(texts()).toEqual(['small'])
  })

  it('of which records are rejected is a partial success', async () => {
    const { post, meter } = await receiving()
    const attributes = Array.from({ length: 1025 }, (_, index) => ({ key: `${index}`, value: { intValue: 1 } }))
    const { body } = await post(
      JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes }, {}] }] }] }),
      { headers: json },
    )
    expect(JSON.parse(body.toString())).toEqual({
      partialSuccess: { rejectedLogRecords: '1', errorMessage: 'records with more than 1024 attributes were rejected' },
    })
    expect(meter.total('weir_receiver_otlp_rejected_log_records')).toBe(1)
  })
})

describe('a request that is not taken', () => {
  it.each([
    ['gibberish', { body: 'gibberish' }, 400, /no valid protobuf at byte/],
    [
      'what is no gzip',
      { body: 'gibberish', headers: { ...protobuf, 'content-encoding': 'gzip' } },
      400,
      /no valid gzip/,
    ],
    ['another path', { path: '/v1/traces', body: '' }, 404, /only logs are taken, at \/v1\/logs/],
    ['another method', { method: 'PUT', body: '' }, 405, /use POST/],
    [
      'an unknown encoding',
      { body: '', headers: { ...protobuf, 'content-encoding': 'br' } },
      415,
      /"br" are not taken/,
    ],
    ['too large a body', { body: Buffer.alloc(2000) }, 413, /larger than 1000 bytes/],
    [
      'a bomb',
      { body: gzipSync(Buffer.alloc(1e6)), headers: { ...protobuf, 'content-encoding': 'gzip' } },
      413,
      /larger than 1000/,
    ],
  ])('is told why by a Status: %s', async (_, { body, ...options }, expected, message) => {
    const { post, output } = await receiving({ protocols: { http: { ...anyPort, max_request_body_size: '1000' } } })
    const answer = await post(body, options)
    expect([answer.status, answer.headers['content-type']]).toEqual([expected, 'application/x-protobuf'])
    expect(status(answer.body).message).toMatch(message)
    expect(output.calls).toBe(0)
  })

  it('is told in JSON if it came in JSON, or in no encoding of OTLP', async () => {
    const { post } = await receiving()
    const answer = await post('{', { headers: json })
    expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/json'])
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      code: 3,
      message: expect.stringContaining('no valid JSON'),
    })
    const plain = await post('{', { headers: { 'content-type': 'text/plain' } })
    expect([plain.status, plain.headers['content-type']]).toEqual([415, 'application/json'])
  })

  it('when its connection is cut in the middle leaves nothing behind', async () => {
    const { begin, post, texts } = await receiving()
    const whole = bodies('never', 'whole')
    const asking = begin({ headers: { ...protobuf, 'content-length': whole.length } })
    asking.on('error', () => {})
    asking.write(whole.subarray(0, whole.length - 3))
    await once(asking, 'socket')
    asking.destroy()
    expect(await post(bodies('next'))).toMatchObject({ status: 200 })
    expect(texts()).toEqual(['next'])
  })

  it('when it comes too slowly is ended', async () => {
    const { begin } = await receiving({
      protocols: { http: { ...anyPort, read_timeout: '200ms', read_header_timeout: '200ms' } },
    })
    const asking = begin({ headers: { ...protobuf, 'content-length': 100 } })
    const answer = answerOf(asking)
    asking.write('x')
    expect(await answer).toMatchObject({ status: 408 })
  })

  it('when it does not prove who sends it, if that is wanted', async () => {
    const { post, texts } = await receiving({
      protocols: { http: { ...anyPort, auth: { authenticator: 'bearer_auth' } } },
    })
    expect(await post(bodies('x'))).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(await post(bodies('y'), { headers: { ...protobuf, authorization: 'Bearer right' } })).toMatchObject({
      status: 200,
    })
    expect(texts()).toEqual(['y'])
  })
})

describe('success is told', () => {
  it('when everything has been delivered', async () => {
    const { post, output } = await receiving()
    output.holding = true
    let isAnswered = false
    const answer = post(bodies('x')).finally(() => {
      isAnswered = true
    })
    await expect.poll(() => output.pending).toBe(1)
    expect(isAnswered).toBe(false)
    output.settleAll()
    expect(await answer).toMatchObject({ status: 200 })
  })

  it('when there was room, with ack: accepted; what is lost then is said once', async () => {
    const { post, output, logger } = await receiving({ ack: 'accepted' })
    output.holding = true
    expect(await post(bodies('x'))).toMatchObject({ status: 200 })
    expect(await post(bodies('y'))).toMatchObject({ status: 200 })
    output.rejectAll(new Error('no way out'))
    await expect.poll(() => logger.lines.filter(({ level }) => level === 'warn').length).toBe(1)
  })
})

describe('the sender is asked to come again', () => {
  const retry = { status: 503, headers: { 'retry-after': '2' } }

  it('when there is no room, and nothing of its request was taken', async () => {
    const { post, output, clock, texts } = await receiving({ room_timeout: '5s' })
    output.block()
    const first = post(bodies('first'))
    await expect.poll(() => output.waiting).toBe(1)
    const second = post(bodies('second'))
    await expect.poll(() => clock.pending).toBe(1)
    await clock.advance(5000)
    expect(await second).toMatchObject(retry)
    output.open()
    expect(await first).toMatchObject({ status: 200 })
    expect(texts()).toEqual(['first'])
  })

  it('when its delivery fails or takes too long', async () => {
    const { post, output, clock } = await receiving({ delivery_timeout: '30s' })
    output.holding = true
    const failing = post(bodies('x'))
    await expect.poll(() => output.pending).toBe(1)
    output.rejectAll(new Error('the collector stops'))
    const failed = await failing
    expect(failed).toMatchObject(retry)
    expect(status(failed.body).message).toMatch(/not delivered: the collector stops/)
    const waiting = post(bodies('y'))
    await expect.poll(() => output.pending).toBe(1)
    await clock.advance(30_000)
    expect(await waiting).toMatchObject(retry)
  })

  it('when more is under way than may be', async () => {
    const { post, output, texts } = await receiving({ protocols: { http: { ...anyPort, max_pending_size: '100' } } })
    output.holding = true
    const first = post(bodies('x'.repeat(80)))
    await expect.poll(() => output.pending).toBe(1)
    expect(await post(bodies('y'.repeat(80)))).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.anything() },
    })
    output.settleAll()
    expect(await first).toMatchObject({ status: 200 })
    expect(texts()).toEqual(['x'.repeat(80)])
  })
})

describe('at the stop', () => {
  it('what has been taken is answered when it is delivered, and what has not is refused', async () => {
    const { post, begin, output, receiver, clock, texts } = await receiving()
    output.holding = true
    const taken = post(bodies('taken'))
    await expect.poll(() => output.pending).toBe(1)
    output.block()
    const blocked = post(bodies('blocked'))
    await expect.poll(() => output.waiting).toBe(1)
    const behind = post(bodies('behind'))
    await expect.poll(() => clock.pending).toBe(2)
    const half = begin({ headers: { ...protobuf, 'content-length': 100 } })
    const halfAnswer = answerOf(half).catch(() => undefined)
    half.write('half')
    const [socket] = await once(half, 'socket')
    if (socket.connecting === true) await once(socket, 'connect')
    const stopping = receiver.stop()
    expect(await behind).toMatchObject({ status: 503 })
    output.open()
    await stopping
    output.settleAll()
    await expect.poll(() => output.pending).toBe(0)
    await receiver.close()
    expect(await taken).toMatchObject({ status: 200 })
    expect(await blocked).toMatchObject({ status: 200 })
    await halfAnswer
    expect(texts()).toEqual(['taken', 'blocked'])
  })
})

describe('a listener', () => {
  it('says that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : 0
    for (const protocol of ['http', 'grpc']) {
      const { receiver, output } = created({ protocols: { [protocol]: { endpoint: `127.0.0.1:${port}` } } })
      await expect(receiver.start(output)).rejects.toMatchObject({
        message: expect.stringMatching(/otlp: cannot listen .*EADDRINUSE/),
        hint: expect.stringContaining('another process listens there'),
      })
    }
  })

  it('serves many connections at once', async () => {
    const { post, texts } = await receiving()
    const names = Array.from({ length: 200 }, (_, index) => `record ${index}`)
    const answers = await Promise.all(names.map((name) => post(bodies(name), { agent: false })))
    expect(answers.every(({ status: one }) => one === 200)).toBe(true)
    expect(texts().sort()).toEqual(names.sort())
  })

  it('takes TLS from those with a certificate that it trusts', async () => {
    const tls = { cert_file: 'server.crt', key_file: 'server.key', client_ca_file: 'ca.crt' }
    const { post, texts } = await receiving({ protocols: { http: { ...anyPort, tls } } })
    const secure = { secure: true, ca: certificate('ca.crt') }
    const client = { cert: certificate('client.crt'), key: certificate('client.key') }
    expect(await post(bodies('known'), { ...secure, ...client })).toMatchObject({ status: 200 })
    await expect(post(bodies('unknown'), secure)).rejects.toThrow()
    const stranger = { cert: certificate('stranger.crt'), key: certificate('stranger.key') }
    await expect(post(bodies('stranger'), { ...secure, ...stranger })).rejects.toThrow()
    await expect(post(bodies('doubting'), { ...client, secure: true })).rejects.toThrow(/certificate/)
    await expect(post(bodies('plain'))).rejects.toThrow()
    expect(texts()).toEqual(['known'])
  })

  it('takes the defaults for a protocol with nothing behind it', async () => {
    const { receiver, output } = created({ protocols: { http: null } })
    await receiver.start(output)
    onTestFinished(async () => {
      await receiver.stop()
      await receiver.close()
    })
    expect(receiver.port('http')).toBe(4318)
  })
})
