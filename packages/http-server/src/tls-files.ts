import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'node:https'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { badCertificate } from './errors.ts'
import type { TlsConfig } from './http-server-keys.ts'

const handshakeMs = 10_000

type FileKey = 'cert_file' | 'key_file' | 'client_ca_file'

/**
 * Reads the files that the config names.
 * @throws WeirError `WEIR_HTTP_TLS`, which names the key of one that is no use
 */
export function tlsOptions(component: string, config: TlsConfig, baseDir: string): ServerOptions {
  const named = <Value>(keys: string, make: () => Value): Value => {
    try {
      return make()
    } catch (error) {
      throw badCertificate(component, keys, error)
    }
  }
  const read = (key: FileKey, path: string, use: (pem: Buffer) => unknown): Buffer =>
    named(key, () => {
      const pem = readFileSync(resolve(baseDir, path))
      use(pem)
      return pem
    })
  const cert = read('cert_file', config.cert_file, (pem) => createSecureContext({ cert: pem }))
  const key = read('key_file', config.key_file, (pem) => createSecureContext({ key: pem }))
  named('cert_file and key_file', () => createSecureContext({ cert, key }))
  return {
    cert,
    key,
    minVersion: config.min_version === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    handshakeTimeout: handshakeMs,
    ...(config.client_ca_file === undefined
      ? {}
      : {
          // Node itself takes a file that holds no certificate, and then trusts nobody.
          ca: read('client_ca_file', config.client_ca_file, (pem) => new X509Certificate(pem)),
          requestCert: true,
          rejectUnauthorized: true,
        }),
  }
}

/** Why a handshake failed: OpenSSL's reason without the places in its source that the message has. */
export const handshakeProblem = (error: Error): string =>
  'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
