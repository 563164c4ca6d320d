import type { Buffer } from 'node:buffer'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { OneOf } from '@weir/sdk'

/** Bytes that a message may have when it is decompressed: no peer can make us take more. */
const maxOutputLength = 64 * 2 ** 20

const compressors = { gzip: promisify(zlib.gzip), zstd: promisify(zlib.zstdCompress) }
const decompressors = { gzip: zlib.gunzipSync, zstd: zlib.zstdDecompressSync }

/** The key by which exporters of brokers are told to compress. */
export const compressionKey = OneOf(['none', 'gzip', 'zstd'], {
  description: 'Compression of payloads. Receivers of Weir see it by the field `Content-Encoding` of each message.',
  default: 'none',
})

export type Compression = 'none' | 'gzip' | 'zstd'

export async function compress(payload: Buffer, compression: Compression): Promise<Buffer> {
  return compression === 'none' ? payload : compressors[compression](payload)
}

/** @throws when the payload is not what `compression` says, or too large */
export function decompress(payload: Buffer, compression: string): Buffer {
  if (compression !== 'gzip' && compression !== 'zstd') throw new Error(`unknown compression "${compression}"`)
  return decompressors[compression](payload, { maxOutputLength })
}
