import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext, type PeerCertificate, type TlsOptions } from 'node:tls'
import { messageOf } from '@weir/sdk'
import type { TlsConfig } from './listener-keys.ts'

type FileKey = 'cert_file' | 'key_file' | 'client_ca_file' | 'crl_file'

/** Reads the files that the config names, relative to its folder. @throws Error that names the key of one that is no use */
export function tlsOptions(config: TlsConfig, baseDir: string): TlsOptions {
  const read = (key: FileKey, path: string, use: (pem: Buffer) => unknown): Buffer =>
    named(key, () => {
      const pem = readFileSync(resolve(baseDir, path))
      use(pem)
      return pem
    })
  const cert = read('cert_file', config.cert_file, (pem) => createSecureContext({ cert: pem }))
  const key = read('key_file', config.key_file, (pem) => createSecureContext({ key: pem }))
  named('cert_file and key_file', () => createSecureContext({ cert, key }))
  const { client_ca_file: authorities, crl_file: revoked } = config
  return {
    cert,
    key,
    ...(authorities === undefined
      ? {}
      : {
          // Node itself takes a file that holds no certificate, and then trusts nobody.
          ca: read('client_ca_file', authorities, (pem) => new X509Certificate(pem)),
          requestCert: true,
          rejectUnauthorized: config.client_certificate === 'required',
        }),
    ...(revoked === undefined ? {} : { crl: read('crl_file', revoked, (pem) => createSecureContext({ crl: pem })) }),
    minVersion: config.min_version === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    handshakeTimeout: config.handshake_timeout,
  }
}

function named<Value>(keys: string, make: () => Value): Value {
  try {
    return make()
  } catch (error) {
    throw new Error(`${keys}: ${messageOf(error)}`, { cause: error })
  }
}

/** DNS names and common names of a certificate. */
function namesOf(certificate: PeerCertificate): string[] {
  const alternative = certificate.subjectaltname ?? ''
  const names = alternative.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : []))
  const common: unknown = certificate.subject?.CN
  return [...names, ...(Array.isArray(common) ? common.map(String) : common === undefined ? [] : [String(common)])]
}

/** Whether a certificate bears one of the permitted names. `*.` stands for one label. */
export function isPermitted(certificate: PeerCertificate, permitted: readonly string[]): boolean {
  if (permitted.length === 0) return true
  return namesOf(certificate).some((name) => {
    const lower = name.toLowerCase()
    const parent = lower.slice(lower.indexOf('.') + 1)
    return permitted.some((pattern) => {
      const wanted = pattern.toLowerCase()
      return wanted.startsWith('*.') ? lower.includes('.') && parent === wanted.slice(2) : lower === wanted
    })
  })
}

/** Why a handshake failed: OpenSSL's reason without the places in its source that the message has. */
export const handshakeProblem = (error: Error): string =>
  'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
