import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { OtlpConfig } from './config.ts'
import { badFile } from './errors.ts'
import type { Certificates } from './sink.ts'

/** @throws WeirError `WEIR_OTLP_TLS` when a file cannot be read */
export async function readCertificates(tls: OtlpConfig['tls'], baseDir: string): Promise<Certificates> {
  const read = async (key: 'ca_file' | 'cert_file' | 'key_file') => {
    const path = tls?.[key]
    try {
      return path === undefined ? undefined : await readFile(resolve(baseDir, path))
    } catch (error) {
      throw badFile(key, error)
    }
  }
  const [ca, cert, key] = await Promise.all([read('ca_file'), read('cert_file'), read('key_file')])
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}
