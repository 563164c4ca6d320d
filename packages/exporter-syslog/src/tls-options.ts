import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { type ConnectionOptions, createSecureContext } from 'node:tls'
import type { TlsConfig } from './config.ts'
import { badTls } from './errors.ts'

/**
 * Reads the files that the config names, relative to its folder.
 * @throws WeirError `WEIR_SYSLOG_EXPORTER_TLS`
 */
export function tlsOptions(config: TlsConfig, endpoint: string, baseDir: string): ConnectionOptions {
  const read = (key: 'ca' | 'cert' | 'key', path: string | undefined) =>
    path === undefined ? {} : { [key]: readFileSync(resolve(baseDir, path)) }
  const name = config.server_name_override ?? endpoint
  try {
    // Node itself takes a file that holds none, and then trusts nobody.
    if (config.ca_file !== undefined) new X509Certificate(readFileSync(resolve(baseDir, config.ca_file)))
    return {
      secureContext: createSecureContext({
        ...read('ca', config.ca_file),
        ...read('cert', config.cert_file),
        ...read('key', config.key_file),
        minVersion: config.min_version === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
      }),
      rejectUnauthorized: !config.insecure_skip_verify,
      ...(isIP(name) === 0 ? { servername: name } : {}),
    }
  } catch (cause) {
    throw badTls(cause)
  }
}
