import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PeerCertificate, TlsOptions } from 'node:tls'
import type { TlsConfig } from './listener-keys.ts'

/** Reads the files that the config names, relative to its folder. */
export function tlsOptions(config: TlsConfig, baseDir: string): TlsOptions {
  const read = (path: string) => readFileSync(resolve(baseDir, path))
  const { client_ca_file: authorities, crl_file: revoked } = config
  return {
    cert: read(config.cert_file),
    key: read(config.key_file),
    ...(authorities === undefined
      ? {}
      : {
          ca: certificates(read(authorities)),
          requestCert: true,
          rejectUnauthorized: config.client_certificate === 'required',
        }),
    ...(revoked === undefined ? {} : { crl: read(revoked) }),
    minVersion: config.min_version === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    handshakeTimeout: config.handshake_timeout,
  }
}

/** Certificates as they are; Node itself takes a file that holds none, and then trusts nobody. */
function certificates(pem: Buffer): Buffer {
  new X509Certificate(pem)
  return pem
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
