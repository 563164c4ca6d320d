import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { messageOf, WeirError } from '@weir/sdk'
import type { EmailConfig } from './config.ts'

/** @throws WeirError `WEIR_EMAIL_TLS` when a file cannot be read */
export async function tlsOptions(config: EmailConfig['tls'], baseDir: string): Promise<ConnectionOptions> {
  const read = async (key: 'ca_file' | 'cert_file' | 'key_file'): Promise<string | undefined> => {
    const path = config?.[key]
    if (path === undefined) return undefined
    try {
      return await readFile(resolve(baseDir, path), 'utf8')
    } catch (error) {
      throw new WeirError(`tls.${key} cannot be read: ${messageOf(error)}`, { code: 'WEIR_EMAIL_TLS', cause: error })
    }
  }
  const [ca, cert, key] = await Promise.all([read('ca_file'), read('cert_file'), read('key_file')])
  const servername = config?.server_name_override
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: config?.insecure_skip_verify !== true,
  }
}
