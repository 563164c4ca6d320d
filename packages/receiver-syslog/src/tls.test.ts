import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { Authority, anyPort, closed, connected, counted, isWanted, program } from '@weir/line-listener/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { created, receiving } from './receiving.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-syslog-tls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Files {
  cert: string
  key: string
}
let authority: Authority
let server: Files
let client: Files
let expired: Files
let revoked: Files
let stranger: Files
let honest: Files

const tls = (keys: object = {}) => ({
  tcp: { ...anyPort, tls: { cert_file: server.cert, key_file: server.key, ...keys } },
})
const mutual = (keys: object = {}) => tls({ client_ca_file: authority.certificate, ...keys })

/** A client, which may be refused at any moment. */
function dial(port: number, files?: Files, options: ConnectionOptions = {}): TLSSocket {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    ca: readFileSync(authority.certificate),
    ...(files === undefined ? {} : { cert: readFileSync(files.cert), key: readFileSync(files.key) }),
    ...options,
  })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

const openssl = program('openssl')

describe.skipIf(!isWanted(openssl))('syslog over TLS (needs: apt-get install openssl)', () => {
  beforeAll(() => {
    authority = new Authority(join(folder, 'ours'))
    server = authority.issue('server')
    client = authority.issue('client', { alternative: 'DNS:web-1.example.com' })
    honest = authority.issue('honest', { alternative: 'DNS:web-1.example.org' })
    expired = authority.issue('expired', { isExpired: true })
    revoked = authority.issue('revoked')
    authority.revoke('revoked')
    stranger = new Authority(join(folder, 'theirs')).issue('client', { alternative: 'DNS:web-1.example.com' })
  })

  it('reads what comes encrypted', async () => {
    const { received, receiver } = await receiving(tls())
    dial(receiver.port('tcp')).write(`${counted('<13>one')}<14>two\n`)
    await received(['<13>one', '<14>two'])
  })

  it('takes clients with a certificate of the authority, and reads their names', async () => {
    for (const permitted of [[], ['web-1.example.com'], ['*.example.com'], ['client']]) {
      const { received, receiver } = await receiving(mutual({ permitted_peers: permitted }))
      dial(receiver.port('tcp'), client).write('<13>one\n')
      await received(['<13>one'])
    }
  })

  const refusals: [string, () => object, () => Files | undefined][] = [
    ['no certificate', () => mutual(), () => undefined],
    ['the certificate of another authority', () => mutual(), () => stranger],
    ['the same where certificates are optional', () => mutual({ client_certificate: 'optional' }), () => stranger],
    ['an expired certificate', () => mutual(), () => expired],
    ['a revoked certificate', () => mutual({ crl_file: authority.revocations }), () => revoked],
    ['a name that is not permitted', () => mutual({ permitted_peers: ['*.example.org', 'example.com'] }), () => client],
  ]
  it.each(refusals)('refuses %s, counted, said once, and disturbs nobody else', async (_, config, files) => {
    const { received, receiver, until, meter, logger } = await receiving(config())
    const port = receiver.port('tcp')
    const other = dial(port, honest)
    other.write('<13>one\n')
    await received(['<13>one'])
    for (const count of [1, 2]) {
      const socket = dial(port, files())
      socket.write('<13>evil\n')
      await closed(socket)
      await until(() => meter.total('weir_receiver_syslog_refused_connections'), count)
    }
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    other.write('<13>two\n')
    await received(['<13>one', '<13>two'])
  })

  it('takes a client without a certificate where it is optional', async () => {
    const { received, receiver } = await receiving(mutual({ client_certificate: 'optional' }))
    dial(receiver.port('tcp')).write('<13>one\n')
    await received(['<13>one'])
  })

  it.each([
    ['gibberish', Buffer.from('<13>this is no handshake\n')],
    ['a broken handshake', Buffer.from('16030100ff010000fb0303', 'hex')],
  ])('survives %s beside a client that goes on', async (_, bytes) => {
    const { received, receiver, until, meter, tcp } = await receiving(tls())
    const good = dial(receiver.port('tcp'))
    good.write('<13>one\n')
    await received(['<13>one'])
    const bad = await tcp()
    bad.end(bytes)
    await closed(bad)
    await until(() => meter.total('weir_receiver_syslog_refused_connections'), 1)
    good.write('<13>two\n')
    await received(['<13>one', '<13>two'])
  })

  it('keeps what came when the connection drops in mid-message, without a word of TLS', async () => {
    const { received, receiver } = await receiving(tls())
    const socket = dial(receiver.port('tcp'))
    socket.write('<13>one\n<13>tw')
    await received(['<13>one'])
    socket.destroy()
    await received(['<13>one', '<13>tw'])
  })

  it('shows a sender that is not allowed no certificate', async () => {
    const { until, receiver, meter, logger } = await receiving({ ...tls(), allowed_senders: ['192.0.2.0/24'] })
    const socket = dial(receiver.port('tcp'))
    await closed(socket)
    expect(socket.getPeerX509Certificate()).toBeUndefined()
    await until(() => meter.total('weir_receiver_syslog_refused_connections'), 1)
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ fields: expect.objectContaining({ reason: 'not_allowed' }) }),
    ])
  })

  it('gives up on a client that does not finish its handshake', async () => {
    const { until, meter, tcp } = await receiving(tls({ handshake_timeout: '50ms' }))
    const socket = await tcp()
    await closed(socket)
    await until(() => meter.total('weir_receiver_syslog_refused_connections'), 1)
  })

  it('speaks no version older than it is told', async () => {
    const { until, receiver, meter, logger } = await receiving(tls({ min_version: '1.3' }))
    dial(receiver.port('tcp'), undefined, { maxVersion: 'TLSv1.2' })
    await until(() => meter.total('weir_receiver_syslog_refused_connections'), 1)
    expect(logger.lines.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('the handshake failed: unsupported protocol'),
    )
  })

  it('stops while handshakes are under way', async () => {
    const { receiver } = await receiving(tls())
    const socket = await connected(receiver.port('tcp'))
    const isClosed = closed(socket)
    await receiver.stop()
    await isClosed
  })

  it('says which files it cannot use', async () => {
    const broken = join(folder, 'broken.pem')
    writeFileSync(broken, 'no certificate')
    for (const path of [join(folder, 'missing.pem'), broken]) {
      for (const key of ['cert_file', 'key_file', 'client_ca_file', 'crl_file']) {
        const { receiver, output } = created(tls({ [key]: path }))
        await expect(receiver.start(output)).rejects.toMatchObject({
          code: 'WEIR_SYSLOG_TLS',
          message: expect.stringContaining(`cannot be used: ${key}: `),
        })
      }
    }
    const { receiver, output } = created(tls({ key_file: client.key }))
    await expect(receiver.start(output)).rejects.toMatchObject({
      code: 'WEIR_SYSLOG_TLS',
      message: expect.stringContaining('cannot be used: cert_file and key_file: '),
    })
  })
})
