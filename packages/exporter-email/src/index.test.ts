import { once } from 'node:events'
import { createServer } from 'node:net'
import { isPermanentError, isRetryableError, type LogBatch, type RunMode } from '@weir/sdk'
import { alertsOf, batchOf, createComponent, exporterContract, TestClock, testServices } from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import email from './index.ts'
import { refusal, SmtpServer, testdata } from './smtp-server.fixture.ts'

const now = Date.UTC(2026, 10, 24, 14, 20)
const mode: RunMode = { once: false, isTerminal: false, baseDir: testdata }
const basic = { host: '127.0.0.1', from: 'Weir <weir@example.com>', to: ['ops@example.com'] }
const trusting = { ...basic, tls: { ca_file: 'server.crt' } }

function exporterOf(config: object) {
  const services = testServices({ clock: new TestClock(now), overrides: { run_mode: mode } })
  const exporter = createComponent(email, config, services)
  return {
    start: async () => exporter.start?.(),
    send: async (batch: LogBatch = alertsOf({}), abortSignal = new AbortController().signal) =>
      exporter.export(batch, { abortSignal }),
    [Symbol.asyncDispose]: async () => exporter.stop?.(),
  }
}

const rejected = async (promise: Promise<void>) => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  )
  return { error, message: String(error), isRetryable: isRetryableError(error), isPermanent: isPermanentError(error) }
}

describe('contract', () => {
  let server: SmtpServer
  const config: { port?: number } & typeof trusting = { ...trusting }
  beforeAll(async () => {
    server = await SmtpServer.start()
    config.port = server.port
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const failing = [{ name: 'nobody listens', config: { ...basic, port: 1 }, error: 'retryable' as const }]
  const services = { overrides: { run_mode: mode } }
  for (const { name, run } of exporterContract(email, { config, failing, services })) it(name, run)
})

describe('a mail', () => {
  it('says what the alert says, as text and as HTML, to everybody at once', async () => {
    await using server = await SmtpServer.start()
    await using exporter = exporterOf({
      ...trusting,
      port: server.port,
      to: ['ops@example.com', 'Boß, Ä. <b@example.com>'.replace(',', '')],
      reply_to: 'oncall@example.com',
    })
    await exporter.send()
    expect(server.mails).toHaveLength(1)
    const [mail] = server.mails
    expect(mail).toMatchObject({
      from: 'weir@example.com',
      to: ['ops@example.com', 'b@example.com'],
      isEncrypted: true,
    })
    expect(mail?.email).toMatchObject({
      from: { name: 'Weir', address: 'weir@example.com' },
      replyTo: [{ address: 'oncall@example.com' }],
      subject: '[Weir] CRITICAL error rate 14 % (usually <1 %)',
      date: '2026-11-24T14:20:00.000Z',
    })
    expect(mail?.email.text?.trimEnd().split('\n')).toEqual([
      'CRITICAL  error rate 14 % (usually <1 %)',
      '2026-11-24 14:13:19 UTC  ·  error_rate/api',
      '  url.path  /pay',
      '  observed  14 %',
      '  expected  <1 %',
      '  score     8.235',
      '  window    1m',
      '  reported  3 times',
      '  > GET /pay 502',
      '  > GET /pay *503*',
    ])
    expect(mail?.email.html).toContain('error rate 14 % (usually &lt;1 %)')
  })

  it('asks for no automatic reply, and is urgent while something critical fires', async () => {
    await using server = await SmtpServer.start()
    await using exporter = exporterOf({ ...trusting, port: server.port })
    await exporter.send()
    await exporter.send(alertsOf({ state: 'resolved' }))
    const header = (index: number, name: string) =>
      server.mails[index]?.email.headers.find(({ key }) => key === name)?.value
    expect([0, 1].map((index) => header(index, 'auto-submitted'))).toEqual(['auto-generated', 'auto-generated'])
    expect(header(0, 'x-auto-response-suppress')).toBe('All')
    expect([0, 1].map((index) => header(index, 'importance'))).toEqual(['High', undefined])
  })

  it('has the same id when the same alerts are sent again, and the end of an alert answers its beginning', async () => {
    await using server = await SmtpServer.start()
    for (let run = 0; run < 2; run++) {
      await using exporter = exporterOf({ ...trusting, port: server.port })
      await exporter.send()
      await exporter.send(alertsOf({ id: 'alert-2', state: 'resolved' }))
      await exporter.send(batchOf(['no alert']))
    }
    const ids = server.mails.map(({ email: { messageId } }) => messageId)
    expect(ids.slice(3)).toEqual(ids.slice(0, 3))
    expect(new Set(ids).size).toBe(3)
    expect(ids[0]).toMatch(/^<[0-9a-f]{40}@example\.com>$/)
    const threads = server.mails.map(({ email: { references } }) => references)
    expect(threads[0]).toBe(threads[1])
    expect(threads[2]).toBeUndefined()
  })

  it('is a digest of the alerts of a batch, so many at most', async () => {
    await using server = await SmtpServer.start()
    await using exporter = exporterOf({ ...trusting, port: server.port, max_alerts: 3, subject_prefix: '' })
    await exporter.send(
      alertsOf({ title: 'a' }, { title: 'b', state: 'resolved' }, { title: 'c', severity: 'info' }, { title: 'd' }),
    )
    expect(server.mails.map(({ email: { subject } }) => subject)).toEqual([
      '1 critical, 1 info, 1 resolved: a',
      'CRITICAL d',
    ])
    expect(server.mails[0]?.email.text?.match(/^[A-Z]+ {2}\w$/gm)).toEqual(['CRITICAL  a', 'RESOLVED  b', 'INFO  c'])
  })

  it('lets nothing in a log line be a header, a recipient, or markup', async () => {
    await using server = await SmtpServer.start()
    await using exporter = exporterOf({ ...trusting, port: server.port })
    const evil = 'x\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>\n.\r\n\u2028\u202eQUIT\0\ud800'
    await exporter.send(alertsOf({ title: evil, rule: evil, samples: [evil], group: { [evil]: evil }, id: evil }))
    const [mail] = server.mails
    expect(mail?.to).toEqual(['ops@example.com'])
    expect(mail?.email.headers.some(({ key }) => key === 'bcc')).toBe(false)
    expect(mail?.email.subject).toBe('[Weir] CRITICAL x Bcc: evil@example.com <script>alert(1)</script> . QUIT \ufffd')
    expect(mail?.email.html).not.toContain('<script')
    expect(mail?.email.text).not.toMatch(/[\0\u202e]/)
    expect(server.mails).toHaveLength(1)
  })

  it('stays small, however large the alerts are', async () => {
    await using server = await SmtpServer.start()
    await using exporter = exporterOf({ ...trusting, port: server.port })
    const huge = '<&"'.repeat(100_000)
    const evidence = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${index}`, huge]))
    await exporter.send(alertsOf({ title: huge, samples: Array(100).fill(huge), evidence }))
    expect(server.mails[0]?.raw.length).toBeLessThan(600_000)
    expect(server.mails[0]?.email.subject?.length).toBeLessThanOrEqual(200)
  })
})

describe('a server', () => {
  it('is spoken to with encryption alone, unless told otherwise', async () => {
    await using plain = await SmtpServer.start({ disabledCommands: ['STARTTLS'] })
    await using strict = exporterOf({ ...trusting, port: plain.port })
    expect(await rejected(strict.send())).toMatchObject({
      isRetryable: true,
      message: expect.stringMatching(/STARTTLS/i),
    })
    for (const security of ['opportunistic', 'none']) {
      await using lax = exporterOf({ ...basic, port: plain.port, security })
      await lax.send()
    }
    expect(plain.mails.map(({ isEncrypted }) => isEncrypted)).toEqual([false, false])
  })

  it('is spoken to over TLS from the start', async () => {
    await using server = await SmtpServer.start({ secure: true })
    await using exporter = exporterOf({ ...trusting, port: server.port, security: 'tls' })
    await exporter.send()
    expect(server.mails).toMatchObject([{ isEncrypted: true }])
  })

  it('whose certificate is not trusted gets nothing', async () => {
    await using server = await SmtpServer.start()
    await using exporter = exporterOf({ ...basic, port: server.port })
    expect(await rejected(exporter.send())).toMatchObject({ isRetryable: true })
    await using careless = exporterOf({ ...basic, port: server.port, tls: { insecure_skip_verify: true } })
    await careless.send()
    expect(server.mails).toHaveLength(1)
  })

  it('that asks who it is, is told so', async () => {
    await using server = await SmtpServer.start({ authOptional: false })
    const config = { ...trusting, port: server.port, username: 'weir' }
    await using known = exporterOf({ ...config, password: 'secret' })
    await known.send()
    expect(server.mails).toMatchObject([{ user: 'weir' }])
    await using unknown = exporterOf({ ...config, password: 'wrong' })
    expect(await rejected(unknown.send())).toMatchObject({ isPermanent: true, error: { hint: expect.any(String) } })
    await using nobody = exporterOf({ ...trusting, port: server.port })
    expect(await rejected(nobody.send())).toMatchObject({ isPermanent: true })
  })

  it.each([
    [421, 'isRetryable'],
    [450, 'isRetryable'],
    [452, 'isRetryable'],
    [503, 'isRetryable'],
    [550, 'isPermanent'],
    [552, 'isPermanent'],
    [554, 'isPermanent'],
  ] as const)('that says %i to a mail: %s', async (code, kind) => {
    await using server = await SmtpServer.start()
    server.onMail = () => refusal(code, 'because')
    await using exporter = exporterOf({ ...trusting, port: server.port })
    expect(await rejected(exporter.send())).toMatchObject({ [kind]: true, message: expect.stringContaining('because') })
  })

  it('that cannot be reached, or hangs up, may be there later', async () => {
    await using nobody = exporterOf({ ...basic, host: 'no-such-host.invalid' })
    expect(await rejected(nobody.send())).toMatchObject({ isRetryable: true })
    const rude = createServer((socket) => void socket.end()).listen(0, '127.0.0.1')
    await once(rude, 'listening')
    const address = rude.address()
    await using exporter = exporterOf({ ...basic, port: typeof address === 'object' ? address?.port : 0 })
    expect(await rejected(exporter.send())).toMatchObject({ isRetryable: true })
    rude.close()
  })

  it('that never answers is left when the attempt is aborted', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    await using exporter = exporterOf({ ...basic, port: typeof address === 'object' ? address?.port : 0 })
    const abort = new AbortController()
    const connected = once(silent, 'connection')
    const sending = exporter.send(alertsOf({}), abort.signal)
    const [socket] = await connected
    const closed = once(socket, 'close')
    socket.resume()
    abort.abort(new Error('timed out'))
    await expect(sending).rejects.toThrow('timed out')
    await closed
    silent.close()
  })
})

describe('an attempt after a failure', () => {
  it('goes to the recipients and with the mails that are left', async () => {
    await using server = await SmtpServer.start()
    let isGreylisting = true
    server.onRecipient = (address) => (isGreylisting && address.startsWith('late') ? refusal(451, 'later') : undefined)
    const to = ['ops@example.com', 'late@example.com']
    await using exporter = exporterOf({ ...trusting, port: server.port, to, max_alerts: 1 })
    const batch = alertsOf({ id: 'a' }, { id: 'b' })
    expect(await rejected(exporter.send(batch))).toMatchObject({ isRetryable: true })
    isGreylisting = false
    await exporter.send(batch)
    expect(server.mails.map((mail) => mail.to)).toEqual([['ops@example.com'], ['late@example.com'], to])
    expect(server.mails[0]?.email.messageId).toBe(server.mails[1]?.email.messageId)
  })

  it('goes only to those of whom none was taken because of the moment', async () => {
    await using server = await SmtpServer.start()
    let isGreylisting = true
    server.onRecipient = (address) =>
      address.startsWith('gone') ? refusal(550, 'gone') : isGreylisting ? refusal(451, 'later') : undefined
    await using exporter = exporterOf({ ...trusting, port: server.port, to: ['gone@example.com', 'ops@example.com'] })
    const batch = alertsOf({})
    expect(await rejected(exporter.send(batch))).toMatchObject({ isRetryable: true })
    isGreylisting = false
    await exporter.send(batch)
    expect(server.mails.map((mail) => mail.to)).toEqual([['ops@example.com']])
  })

  it('is not made for a recipient who is refused for good, which is told; the others have the mail', async () => {
    await using server = await SmtpServer.start()
    server.onRecipient = (address) => (address.startsWith('gone') ? refusal(550, 'no such user') : undefined)
    await using exporter = exporterOf({ ...trusting, port: server.port, to: ['gone@example.com', 'ops@example.com'] })
    expect(await rejected(exporter.send())).toMatchObject({
      isPermanent: true,
      message: expect.stringMatching(/no such user/),
    })
    expect(server.mails.map((mail) => mail.to)).toEqual([['ops@example.com']])
  })
})

it.each([
  [{ from: 'nobody' }, ['from']],
  [{ to: ['a@b', 'a@b, c@d'] }, ['to', 1]],
  [{ from: '@' }, ['from']],
])('refuses addresses that are none: %j', (given, configPath) => {
  expect(() => exporterOf({ ...basic, ...given })).toThrow(
    expect.objectContaining({ code: 'WEIR_EMAIL_ADDRESS', configPath }),
  )
})

it('names the file that it cannot read, at start', async () => {
  await using exporter = exporterOf({ ...basic, tls: { key_file: 'none.key' } })
  await expect(exporter.start()).rejects.toThrow(/tls.key_file cannot be read: .*none\.key/)
})
