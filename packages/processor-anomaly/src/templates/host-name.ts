import type { Buffer } from 'node:buffer'

/** Last labels by which a dotted word is known to be a host and not, say, the name of a class. */
const topLevels = new Set(
  'com net org edu gov mil int info biz io dev app cloud local localdomain lan internal de uk fr nl it es pl ru cn jp br in au ca us eu ch at se no dk fi be cz kr tw mx ar tr gr pt hu ro za nz ie il hk sg th vn ph ua lt lv ee sk hr bg lu cl pe uy sa ae eg ke ng asia mobi xyz online site top club shop tech tv cc me im'.split(
    ' ',
  ),
)

/**
 * Whether `www.example.com`, and not `org.example.Main` or `README.md`, stands there: lower case, and a known last label or
 * a port.
 */
export function isHost(bytes: Buffer, from: number, to: number): boolean {
  let dot = -1
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (byte === 46) dot = at
    else if ((byte < 97 || byte > 122) && byte !== 45 && byte !== 95) return false
  }
  if (dot <= from) return false
  const next = bytes[to + 1] ?? 0
  return (bytes[to] === 58 && next >= 48 && next <= 57) || topLevels.has(bytes.toString('latin1', dot + 1, to))
}
