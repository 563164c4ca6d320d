import type { Record } from '@weir/sdk'

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
export function setRequest(record: Record, request: string): void {
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

/** OTel has `2` and `3` where servers write `2.0` and `3.0`. */
const shortVersion = (version: string): string => (/^[2-9]\.0$/.test(version) ? version.slice(0, 1) : version)
