import { Buffer } from 'node:buffer'
import { HttpProblem } from '@weir/http-server'

const invalid = (): HttpProblem => new HttpProblem(400, 'the body is no valid snappy block')

/**
 * Decompresses a block of snappy. It makes neither more bytes than the block says, nor less.
 * @throws HttpProblem 400, 413
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function decodeSnappyBlock(block: Buffer, maxBytes: number): Buffer {
  let { length, at } = declaredLength(block)
  if (length > maxBytes)
    throw new HttpProblem(413, `the body would be larger than ${maxBytes} bytes (max_request_body_size)`)
  const output = Buffer.allocUnsafeSlow(length)
  let written = 0
  while (at < block.length) {
    const tag = block[at++] ?? 0
    const kind = tag & 3
    // How many bytes of the block follow the tag as a number.
    const width = kind === 0 ? Math.max(0, (tag >>> 2) - 59) : kind === 3 ? 4 : kind
    if (width > block.length - at) throw invalid()
    const number = width === 0 ? 0 : block.readUIntLE(at, width)
    at += width
    if (kind === 0) {
      const size = (width === 0 ? tag >>> 2 : number) + 1
      if (size > block.length - at || size > length - written) throw invalid()
      block.copy(output, written, at, at + size)
      at += size
      written += size
    } else {
      const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
      const offset = kind === 1 ? ((tag >>> 5) << 8) | number : number
      if (offset === 0 || offset > written || size > length - written) throw invalid()
      // What is copied may reach into what the copy makes.
      for (const end = written + size; written < end; written++) output[written] = output[written - offset] ?? 0
    }
  }
  if (written !== length) throw invalid()
  return output
}

function declaredLength(block: Buffer): { length: number; at: number } {
  let length = 0
  for (let at = 0; at < 5; at++) {
    const byte = block[at]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) return { length, at: at + 1 }
  }
  throw invalid()
}
