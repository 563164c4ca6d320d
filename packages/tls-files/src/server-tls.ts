import type { SecureVersion } from 'node:tls'
import { messageOf, type Static, Type, WeirError } from '@weir/sdk'
import { type minVersion, oldestVersion } from './min-version.ts'
import { PemFiles } from './pem-files.ts'

/** The keys of a server's files, for its schema: `Type.Object({ ...serverFileKeys, min_version: minVersion })`. */
export const serverFileKeys = {
  cert_file: Type.String({ description: 'Certificate chain of the server, PEM.' }),
  key_file: Type.String({ description: 'Private key of the certificate, PEM.' }),
  client_ca_file: Type.Optional(
    Type.String({
      description:
        'Authorities that sign the certificates of clients, PEM: a client without a good one is refused. Left out, none is asked for.',
    }),
  ),
}

/** What a server's `tls` comes to. */
export interface ServerTlsConfig {
  readonly cert_file: string
  readonly key_file: string
  readonly client_ca_file?: string
  /** Certificates that were revoked. */
  readonly crl_file?: string
  readonly min_version?: Static<typeof minVersion>
}

/** Options of `node:tls`; the files are text in PEM. */
export interface ServerTls {
  readonly cert: string
  readonly key: string
  /** With it go `requestCert` and `rejectUnauthorized`. */
  readonly ca?: string
  readonly crl?: string
  readonly requestCert?: true
  readonly rejectUnauthorized?: true
  readonly minVersion?: SecureVersion
}

export interface ServerTlsOptions {
  /** Folder against which paths are resolved. */
  readonly baseDir: string
  /** Id of the component. */
  readonly component: string
  /** Of the error. */
  readonly code: string
  /** Where in the config of the component the keys stand: `tls`. */
  readonly place?: string
}

/**
 * Reads the files that a server's `tls` names.
 * @throws WeirError with the code of the options, which names the key of a file that cannot be read or used
 */
export function serverTls(config: ServerTlsConfig, options: ServerTlsOptions): ServerTls {
  const { baseDir, component, code, place = 'tls' } = options
  const files = new PemFiles(
    baseDir,
    (keys, _, cause) =>
      new WeirError(`${component}: the certificates of ${place} cannot be used: ${keys}: ${messageOf(cause)}`, {
        code,
        component,
        cause,
        hint: 'tls needs cert_file and key_file in PEM that belong together; other files are PEM as well',
      }),
  )
  const cert = files.read('cert_file', config.cert_file)
  const key = files.read('key_file', config.key_file)
  files.match(cert, key)
  const { client_ca_file: authorities, crl_file: revoked } = config
  return {
    cert,
    key,
    ...(authorities === undefined
      ? {}
      : { ca: files.read('client_ca_file', authorities), requestCert: true, rejectUnauthorized: true }),
    ...(revoked === undefined ? {} : { crl: files.read('crl_file', revoked) }),
    ...oldestVersion(config.min_version),
  }
}
