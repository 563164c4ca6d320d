import type { PeerCertificate, TlsOptions } from 'node:tls'
import { serverTls } from '@weir/tls-files'
import type { Owner } from './errors.ts'
import type { TlsConfig } from './listener-keys.ts'

/** Reads the files that the config names, relative to its folder. @throws WeirError `WEIR_…_TLS` */
export const tlsOptions = ({ type, componentId }: Owner, config: TlsConfig, baseDir: string): TlsOptions => ({
  ...serverTls(config, { baseDir, component: componentId, code: `WEIR_${type.toUpperCase()}_TLS` }),
  rejectUnauthorized: config.client_certificate === 'required',
  handshakeTimeout: config.handshake_timeout,
})

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
