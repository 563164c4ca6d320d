import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRetryableError, Type } from '@weir/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientTls, clientTlsKeys, serverTls } from './index.ts'

const testdata = join(import.meta.dirname, 'testdata')
const text = (name: string) => readFileSync(join(testdata, name), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'weir-tls-files-'))
const der = join(folder, 'der.crt')
const empty = join(folder, 'empty.pem')
const missing = join(folder, 'missing.pem')

beforeAll(() => {
  writeFileSync(der, new X509Certificate(text('server.crt')).raw)
  writeFileSync(empty, '')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Files that are no use, with what is said of them. */
const useless: readonly [string, string][] = [
  [missing, `read: ENOENT.*${missing}`],
  [testdata, 'read: EISDIR'],
  [empty, 'used: '],
  [der, 'used: .*no start line'],
]
const pair = { cert_file: 'server.crt', key_file: 'server.key' }

describe('a client', () => {
  const read = (keys: object) => clientTls({ insecure_skip_verify: false, ...keys }, testdata, 'WEIR_CLIENT_TLS')

  it('gets what Node wants of it', () => {
    expect(clientTls(undefined, testdata, 'WEIR_CLIENT_TLS')).toEqual({ rejectUnauthorized: true })
    expect(read({ ca_file: 'server.crt', ...pair, server_name_override: 'a.example', min_version: '1.3' })).toEqual({
      ca: text('server.crt'),
      cert: text('server.crt'),
      key: text('server.key'),
      servername: 'a.example',
      minVersion: 'TLSv1.3',
      rejectUnauthorized: true,
    })
    expect(read({ insecure_skip_verify: true })).toEqual({ rejectUnauthorized: false })
  })

  it.each(['ca_file', 'cert_file'])('is told which file it cannot use: %s', (key) => {
    for (const [path, problem] of useless) {
      expect(() => read({ ...pair, [key]: path })).toThrow(new RegExp(`^tls.${key} cannot be ${problem}`))
    }
  })

  it('is told when certificate and key do not belong together, and may try again once they do', () => {
    const wrong = () => read({ ...pair, key_file: 'other.key' })
    expect(wrong).toThrow(/^tls.cert_file and key_file cannot be used: .*mismatch/)
    expect(wrong).toThrow(expect.objectContaining({ code: 'WEIR_CLIENT_TLS', hint: expect.stringContaining('PEM') }))
    expect(wrong).toThrow(expect.toSatisfy(isRetryableError))
  })

  it('has a schema that says which name is expected otherwise', () => {
    const { properties } = Type.Object(clientTlsKeys('that of the endpoint'))
    expect(Object.keys(properties)).toEqual([
      ...['ca_file', 'cert_file', 'key_file', 'server_name_override', 'insecure_skip_verify'],
    ])
    expect(properties.server_name_override).toMatchObject({
      description: expect.stringContaining('if not that of the endpoint.'),
    })
  })
})

describe('a server', () => {
  const read = (keys: object, place = 'tls') =>
    serverTls({ ...pair, ...keys }, { baseDir: testdata, component: 'http/a', code: 'WEIR_SERVER_TLS', place })

  it('gets what Node wants of it', () => {
    const [cert, key] = [text('server.crt'), text('server.key')]
    expect(read({})).toEqual({ cert, key })
    expect(read({ client_ca_file: 'server.crt', min_version: '1.2' })).toEqual({
      ...{ cert, key, ca: cert, requestCert: true, rejectUnauthorized: true },
      minVersion: 'TLSv1.2',
    })
  })

  it.each(['cert_file', 'client_ca_file', 'crl_file'])('is told which file it cannot use: %s', (key) => {
    for (const [path] of useless) {
      expect(() => read({ [key]: path }, 'grpc.tls')).toThrow(
        expect.objectContaining({
          code: 'WEIR_SERVER_TLS',
          component: 'http/a',
          message: expect.stringMatching(`^http/a: the certificates of grpc.tls cannot be used: ${key}: `),
        }),
      )
    }
  })

  it('is told when certificate and key do not belong together', () => {
    expect(() => read({ key_file: 'other.key' })).toThrow(/ cannot be used: cert_file and key_file: .*mismatch/)
  })
})
