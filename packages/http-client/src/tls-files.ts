import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { messageOf, WeirError } from '@weir/sdk'
import type { HttpConfig } from './http-keys.ts'

export interface TlsFiles {
  /** For every server. */
  readonly trust: { ca?: string }
  /** For the configured one alone: who we are, and whether to look at who it is. */
  readonly identity: { cert?: string; key?: string; servername?: string; rejectUnauthorized: boolean }
}

/** @throws WeirError `WEIR_HTTP_TLS` when a file cannot be read */
export async function readTlsFiles(config: HttpConfig['tls'], baseDir: string): Promise<TlsFiles> {
  const read = async (key: 'ca_file' | 'cert_file' | 'key_file'): Promise<string | undefined> => {
    const path = config?.[key]
    if (path === undefined) return undefined
    try {
      return await readFile(resolve(baseDir, path), 'utf8')
    } catch (error) {
      throw new WeirError(`tls.${key} cannot be read: ${messageOf(error)}`, { code: 'WEIR_HTTP_TLS', cause: error })
    }
  }
  const [ca, cert, key] = await Promise.all([read('ca_file'), read('cert_file'), read('key_file')])
  return {
    trust: ca === undefined ? {} : { ca },
    identity: {
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(config?.server_name_override === undefined ? {} : { servername: config.server_name_override }),
      rejectUnauthorized: config?.insecure_skip_verify !== true,
    },
  }
}
