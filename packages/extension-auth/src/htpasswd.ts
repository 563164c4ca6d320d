import { badEntry } from './errors.ts'

const bcryptHash = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/

/**
 * The hashes of a file in Apache's format, by user: `name:hash` a line, hashes by bcrypt.
 * @throws WeirError `WEIR_AUTH_HTPASSWD`
 */
export function parseHtpasswd(text: string): Map<string, string> {
  const hashes = new Map<string, string>()
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.trim()
    if (line === '' || line.startsWith('#')) continue
    const colon = line.indexOf(':')
    if (colon <= 0) throw badEntry(index + 1, 'has no name and no colon')
    const name = line.slice(0, colon)
    const hash = line.slice(colon + 1)
    if (!bcryptHash.test(hash)) throw badEntry(index + 1, `has no hash by bcrypt for ${name}`)
    hashes.set(name, hash)
  }
  return hashes
}
