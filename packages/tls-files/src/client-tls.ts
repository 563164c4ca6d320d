import type { SecureVersion } from 'node:tls'
import { messageOf, RetryableError, type Static, Type } from '@weir/sdk'
import { type minVersion, oldestVersion } from './min-version.ts'
import { PemFiles } from './pem-files.ts'

const file = (description: string) => Type.Optional(Type.String({ description, minLength: 1 }))

/** The keys of a client's files, with the names of the Collector's `configtls`. */
export const clientFileKeys = {
  ca_file: file('Certificates of authorities to trust (PEM), in place of those of the system.'),
  cert_file: file('Certificate to show to the server (PEM).'),
  key_file: file('Private key of `cert_file` (PEM).'),
}

/** The key `insecure_skip_verify`. */
export const insecureSkipVerify = Type.Boolean({
  description: 'Accept whatever certificate the server has: for tests only.',
  default: false,
})

/**
 * The keys of a client's `tls`, for its schema: `Type.Object(clientTlsKeys('that of the endpoint'))`.
 * @param usualName the name that the server's certificate must have if the config gives none, for the description
 */
export const clientTlsKeys = (usualName: string) => ({
  ...clientFileKeys,
  server_name_override: Type.Optional(
    Type.String({ description: `Name that the server's certificate must have, if not ${usualName}.` }),
  ),
  insecure_skip_verify: insecureSkipVerify,
})

/** What a client's `tls` comes to. */
export interface ClientTlsConfig {
  readonly ca_file?: string
  readonly cert_file?: string
  readonly key_file?: string
  readonly server_name_override?: string
  readonly insecure_skip_verify: boolean
  readonly min_version?: Static<typeof minVersion>
}

/** Options of `node:tls`; the files are text in PEM. */
export interface ClientTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly minVersion?: SecureVersion
  readonly rejectUnauthorized: boolean
}

/**
 * Reads the files that a client's `tls` names; without one, the server's certificate is looked at as Node does.
 * @param baseDir folder against which paths are resolved
 * @param code of the error
 * @throws RetryableError with this code, which names the key of a file that cannot be read or used: a file that is being
 * replaced at the moment when a client connects again must not cost a batch
 */
export function clientTls(config: ClientTlsConfig | undefined, baseDir: string, code: string): ClientTls {
  if (config === undefined) return { rejectUnauthorized: true }
  const files = new PemFiles(
    baseDir,
    (keys, problem, cause) =>
      new RetryableError(`tls.${keys} cannot be ${problem}: ${messageOf(cause)}`, {
        code,
        cause,
        ...(problem === 'read' ? {} : { hint: 'the files are PEM; cert_file and key_file belong together' }),
      }),
  )
  const read = (key: keyof typeof clientFileKeys) => {
    const path = config[key]
    return path === undefined ? undefined : files.read(key, path)
  }
  const [ca, cert, key] = [read('ca_file'), read('cert_file'), read('key_file')]
  if (cert !== undefined && key !== undefined) files.match(cert, key)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(config.server_name_override === undefined ? {} : { servername: config.server_name_override }),
    ...oldestVersion(config.min_version),
    rejectUnauthorized: !config.insecure_skip_verify,
  }
}
