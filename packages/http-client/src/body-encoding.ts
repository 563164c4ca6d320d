import type { Buffer } from 'node:buffer'
import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import type { HttpConfig } from './http-keys.ts'

/** Bytes below which compression is not worth its time. */
const minBytes = 1024

const compressors = {
  // Logs shrink little more at higher levels, which take several times as long.
  gzip: (body: Buffer) => promisify(gzip)(body, { level: constants.Z_BEST_SPEED }),
  zstd: (body: Buffer) => promisify(zstdCompress)(body),
}

/** The body as it is sent, and the headers that say so. */
export async function encoded(
  body: Buffer,
  compression: HttpConfig['compression'],
): Promise<{ body: Buffer; headers: { [name: string]: string } }> {
  if (compression === 'none' || body.length < minBytes) return { body, headers: {} }
  return { body: await compressors[compression](body), headers: { 'content-encoding': compression } }
}
