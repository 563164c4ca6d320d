import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRetryableError } from '@weir/sdk'
import { describe, expect, it } from 'vitest'
import { clientOf, ok, testdata, thrown } from './client.fixture.ts'
import { HttpServer } from './testing/http-server.ts'

const pem = (name: string) => readFileSync(`${testdata}${name}`)

describe('TLS', () => {
  const tls = { key: pem('server.key'), cert: pem('server.crt') }

  it('trusts the authority of ca_file, and otherwise those of the system', async () => {
    await using server = await HttpServer.start(ok, tls)
    await using trusting = clientOf({ url: server.url(), tls: { ca_file: 'server.crt' } })
    await trusting.send()
    await using doubting = clientOf({ url: server.url() })
    const error = await thrown(doubting.send())
    expect([isRetryableError(error), error.hint]).toEqual([true, expect.stringContaining('tls.ca_file')])
    await using careless = clientOf({ url: server.url(), tls: { insecure_skip_verify: true } })
    await careless.send()
    expect(server.requests).toHaveLength(2)
  })

  it('shows its certificate to a server that asks', async () => {
    const asking = { ...tls, ca: pem('client.crt'), requestCert: true, rejectUnauthorized: true }
    await using server = await HttpServer.start(ok, asking)
    const url = server.url()
    await using known = clientOf({
      url,
      tls: { ca_file: 'server.crt', cert_file: 'client.crt', key_file: 'client.key' },
    })
    await known.send()
    await using unknown = clientOf({ url, tls: { ca_file: 'server.crt' } })
    expect(isRetryableError(await thrown(unknown.send()))).toBe(true)
  })

  it('names the file that it cannot read, at start', async () => {
    await using client = clientOf({ url: 'https://example.com', tls: { key_file: 'none.key' } })
    await expect(client.start()).rejects.toThrow(/tls.key_file cannot be read: .*none\.key/)
  })

  it('reads a file that was missing when the next attempt comes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-tls-'))
    await using server = await HttpServer.start(ok, tls)
    const ca_file = join(folder, 'late.crt')
    await using client = clientOf({ url: server.url(), tls: { ca_file } })
    expect(isRetryableError(await thrown(client.send()))).toBe(true)
    copyFileSync(`${testdata}server.crt`, ca_file)
    await client.send()
    expect(server.requests).toHaveLength(1)
    rmSync(folder, { recursive: true })
  })

  it('refuses a certificate that has expired, and says so', async () => {
    await using server = await HttpServer.start(ok, { key: pem('expired.key'), cert: pem('expired.crt') })
    await using client = clientOf({ url: server.url(), tls: { ca_file: 'expired.crt' } })
    const error = await thrown(client.send())
    expect([isRetryableError(error), error.hint]).toEqual([true, expect.stringContaining('expired')])
    expect(server.requests).toEqual([])
  })

  it('refuses a certificate of another name, unless that is the name to be expected', async () => {
    await using server = await HttpServer.start(ok, { key: pem('other-name.key'), cert: pem('other-name.crt') })
    const tls = { ca_file: 'other-name.crt' }
    await using strict = clientOf({ url: server.url(), tls })
    const error = await thrown(strict.send())
    expect([isRetryableError(error), error.hint]).toEqual([true, expect.stringContaining('server_name_override')])
    expect(server.requests).toEqual([])
    await using told = clientOf({ url: server.url(), tls: { ...tls, server_name_override: 'other.example' } })
    await told.send()
    expect(server.requests).toHaveLength(1)
  })
})
