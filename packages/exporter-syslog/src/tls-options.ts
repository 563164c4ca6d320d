import { isIP } from 'node:net'
import { type ConnectionOptions, createSecureContext } from 'node:tls'
import { clientTls } from '@weir/tls-files'
import type { TlsConfig } from './config.ts'

/**
 * Reads the files that the config names, relative to its folder.
 * @throws RetryableError `WEIR_SYSLOG_EXPORTER_TLS`
 */
export function tlsOptions(config: TlsConfig, endpoint: string, baseDir: string): ConnectionOptions {
  const { rejectUnauthorized, servername = endpoint, ...files } = clientTls(config, baseDir, 'WEIR_SYSLOG_EXPORTER_TLS')
  return {
    secureContext: createSecureContext(files),
    rejectUnauthorized,
    ...(isIP(servername) === 0 ? { servername } : {}),
  }
}
