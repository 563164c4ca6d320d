import type { Record } from '@weir/sdk'
import { nine, questionMark, space, zero } from './byte.ts'
import { page, pageText } from './page.ts'
import { isAt, setText } from './page-field.ts'

const bytes = page
const point = 0x2e

/** What the request line of HTTP is made of, as the attributes of OTel name it. */
export const requestAttributes = [
  'http.request.method',
  'url.path',
  'url.query',
  'url.original',
  'network.protocol.version',
] as const

const wellFormed = /^([A-Z]+) ([^ ?]*)(?:\?([^ ]*))? HTTP\/(\d+(?:\.\d+)?)$/
const tolerant = /^([A-Za-z][\w-]*) ([^?]*?)(?:\?(.*?))?(?: HTTP\/(\d+(?:\.\d+)?))?$/

/** What a request line says, as far as it can be told: requests of scanners and broken clients are anything at all. */
function setRequest(record: Record, request: string): void {
  if (request === '' || request === '-') return
  const match = wellFormed.exec(request) ?? tolerant.exec(request)
  const { attributes } = record
  if (match === null) {
    attributes.set('url.original', request)
    return
  }
  const [, method = '', path = '', query, version] = match
  attributes.set('http.request.method', method)
  if (path.startsWith('/')) {
    attributes.set('url.path', path)
    if (query !== undefined) attributes.set('url.query', query)
  } else {
    attributes.set('url.original', query === undefined ? path : `${path}?${query}`)
  }
  if (version !== undefined) attributes.set('network.protocol.version', shortVersion(version))
}

/** The same for the request line in `page[start…end)`: what is well-formed is not made text. */
export function setRequestOf(record: Record, start: number, end: number): void {
  let methodEnd = start
  while ((bytes[methodEnd] ?? 0) >= 0x41 && (bytes[methodEnd] ?? 0) <= 0x5a) methodEnd++
  const pathStart = methodEnd + 1
  let pathEnd = pathStart
  while (pathEnd < end && bytes[pathEnd] !== space && bytes[pathEnd] !== questionMark) pathEnd++
  let targetEnd = pathEnd
  while (targetEnd < end && bytes[targetEnd] !== space) targetEnd++
  const version = targetEnd + 6
  const isWellFormed =
    methodEnd > start &&
    isAt(' /', methodEnd) &&
    isAt(' HTTP/', targetEnd) &&
    version + 3 === end &&
    isDigit(bytes[version]) &&
    bytes[version + 1] === point &&
    isDigit(bytes[version + 2])
  if (!isWellFormed) {
    setRequest(record, pageText(start, end))
    return
  }
  setText(record, 'http.request.method', start, methodEnd)
  setText(record, 'url.path', pathStart, pathEnd)
  if (targetEnd > pathEnd) setText(record, 'url.query', pathEnd + 1, targetEnd)
  const isShort = (bytes[version] ?? 0) >= zero + 2 && bytes[version + 2] === zero
  setText(record, 'network.protocol.version', version, isShort ? version + 1 : end)
}

const isDigit = (byte = 0): boolean => byte >= zero && byte <= nine

/** OTel has `2` and `3` where servers write `2.0` and `3.0`. */
const shortVersion = (version: string): string => (/^[2-9]\.0$/.test(version) ? version.slice(0, 1) : version)
