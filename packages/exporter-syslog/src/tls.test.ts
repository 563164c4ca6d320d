import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TlsOptions } from 'node:tls'
import { Authority, isWanted, program } from '@weir/line-listener/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collecting, exporting } from './receiving.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-syslog-exporter-tls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Files {
  readonly cert: string
  readonly key: string
}
let authority: Authority
let server: Files
let client: Files
let expired: Files
let stranger: Files
let other: Authority

const secured = (options: TlsOptions = {}, files: Files = server) =>
  collecting(
    createServer(
      {
        cert: readFileSync(files.cert),
        key: readFileSync(files.key),
        ca: readFileSync(authority.certificate),
        ...options,
      },
      () => {},
    ),
  )
const to = (port: number, tls: object = {}) => ({
  endpoint: '127.0.0.1',
  port,
  hostname: 'h',
  tls: { ca_file: authority.certificate, ...tls },
})
const one = '22 <165>1 - h - - - - one'

describe.skipIf(!isWanted(program('openssl')))('over TLS (needs: apt-get install openssl)', () => {
  beforeAll(() => {
    authority = new Authority(join(folder, 'ours'))
    server = authority.issue('server')
    client = authority.issue('client')
    expired = authority.issue('expired', { isExpired: true })
    other = new Authority(join(folder, 'theirs'))
    stranger = other.issue('stranger')
  })

  it('messages are counted (RFC 5425)', async () => {
    const { received, port } = await secured()
    await exporting(to(port)).send(['one'])
    await received(one)
  })

  it('with a certificate of its own', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { received, port } = await secured({ requestCert: true, rejectUnauthorized: true, maxVersion })
      await exporting(to(port, { cert_file: client.cert, key_file: client.key })).send(['one'])
      await received(one)
    }
  })

  it.each<[string, () => Files]>([
    ['another authority', () => stranger],
    ['expired', () => expired],
  ])('a server whose certificate is %s gets nothing', async (_, files) => {
    const { text, port } = await secured({}, files())
    await expect(exporting(to(port)).send(['one'])).rejects.toMatchObject({
      hint: expect.stringContaining('ca_file'),
      code: 'WEIR_EXPORT_RETRYABLE',
    })
    expect(text()).toBe('')
  })

  it('a server with the wrong name gets nothing, unless that name is the one that is wanted', async () => {
    const named = authority.issue('logs', { alternative: 'DNS:logs.example.com' })
    const { text, port, received } = await secured({}, named)
    await expect(exporting(to(port)).send(['one'])).rejects.toThrow(/altname|match/)
    expect(text()).toBe('')
    await exporting(to(port, { server_name_override: 'logs.example.com' })).send(['one'])
    await received(one)
    await exporting(to(port, { insecure_skip_verify: true })).send(['one'])
    await received(one + one)
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a server that refuses its certificate makes it fail, not take the batch for delivered: %s',
    async (maxVersion) => {
      const { text, port } = await secured({ requestCert: true, rejectUnauthorized: true, maxVersion })
      const { send, clock } = exporting(to(port, { cert_file: stranger.cert, key_file: stranger.key }))
      for (let count = 0; count < 3; count++) await expect(send(['one'])).rejects.toThrow(/127\.0\.0\.1/)
      expect(text()).toBe('')
      expect(clock.pending).toBe(0)
    },
  )

  it('plainly where it is told to do without', async () => {
    const { received, port } = await collecting()
    await exporting(to(port, { insecure: true })).send(['one'])
    await received('<165>1 - h - - - - one\n')
  })

  it('says which files it cannot use', () => {
    const broken = join(folder, 'broken.pem')
    writeFileSync(broken, 'no certificate')
    const unusable: [object, string][] = [
      [{ ca_file: join(folder, 'none') }, 'tls.ca_file cannot be read: '],
      [{ ca_file: broken }, 'tls.ca_file cannot be used: '],
      [{ cert_file: broken, key_file: broken }, 'tls.cert_file cannot be used: '],
      [{ cert_file: client.cert, key_file: stranger.key }, 'tls.cert_file and key_file cannot be used: '],
    ]
    for (const [tls, message] of unusable) {
      expect(() => exporting(to(1, tls)).exporter.start()).toThrow(
        expect.objectContaining({ code: 'WEIR_SYSLOG_EXPORTER_TLS', message: expect.stringContaining(message) }),
      )
    }
  })
})
