import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'node:https'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { badCertificate } from './errors.ts'
import type { TlsConfig } from './http-server-keys.ts'

const handshakeMs = 10_000

/**
 * Reads the files that the config names.
 * @throws WeirError `WEIR_HTTP_TLS`
 */
export function tlsOptions(component: string, config: TlsConfig, baseDir: string): ServerOptions {
  const read = (path: string) => readFileSync(resolve(baseDir, path))
  try {
    const options: ServerOptions = {
      cert: read(config.cert_file),
      key: read(config.key_file),
      minVersion: config.min_version === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
      handshakeTimeout: handshakeMs,
      ...(config.client_ca_file === undefined
        ? {}
        : { ca: read(config.client_ca_file), requestCert: true, rejectUnauthorized: true }),
    }
    createSecureContext(options)
    return options
  } catch (error) {
    throw badCertificate(component, error)
  }
}

/** Why a handshake failed: OpenSSL's reason without the places in its source that the message has. */
export const handshakeProblem = (error: Error): string =>
  'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
