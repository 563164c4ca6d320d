import { Buffer } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { LineSource, Output } from '@weir/sdk'

/** Bytes that are read at a time. */
const chunkBytes = 1 << 20

/** The bytes of a log file, decompressed if its name ends in .gz or .zst. */
function bytesOf(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: chunkBytes })
  const decompress = path.endsWith('.gz') ? createGunzip() : path.endsWith('.zst') ? createZstdDecompress() : undefined
  if (decompress === undefined) return file
  file.on('error', (error) => decompress.destroy(error))
  return file.pipe(decompress)
}

/** Gives the lines of a file to a receiver's stage, from the first to the last. @throws what reading the file throws */
export async function feedHistory(path: string, output: Output): Promise<void> {
  const source: LineSource = { id: path, attributes: { 'log.file.path': path, 'log.file.name': basename(path) } }
  let rest: Buffer = Buffer.alloc(0)
  const take = async (bytes: Buffer, flush: boolean) => {
    let from = 0
    while (from < bytes.length) {
      const delivery = await output.sendLines({ bytes, from, to: bytes.length, source, flush })
      // Bytes are the pipeline's until then.
      await delivery.done
      if (delivery.consumed <= from) break
      from = delivery.consumed
    }
    rest = bytes.subarray(from)
  }
  for await (const chunk of bytesOf(path)) await take(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), false)
  await take(rest, true)
}
