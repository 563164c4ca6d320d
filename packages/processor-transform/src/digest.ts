import { createHash, createHmac } from 'node:crypto'

/** Digests that are remembered: addresses and names come again and again. */
const maxRemembered = 65_536

/** SHA-256 of texts in hexadecimal, with a key an HMAC (RFC 2104). */
export class Digest {
  readonly #key: string | undefined
  #recent = new Map<string, string>()
  #older = new Map<string, string>()

  constructor(key: string | undefined) {
    this.#key = key
  }

  of(text: string): string {
    let digest = this.#recent.get(text)
    if (digest !== undefined) return digest
    digest = this.#older.get(text) ?? this.#compute(text)
    if (this.#recent.size >= maxRemembered / 2) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(text, digest)
    return digest
  }

  #compute(text: string): string {
    // Not `crypto.hash`, which takes three times as long on short texts.
    const digest = this.#key === undefined ? createHash('sha256') : createHmac('sha256', this.#key)
    return digest.update(text).digest('hex')
  }
}
