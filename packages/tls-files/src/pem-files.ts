import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { WeirError } from '@weir/sdk'

/** Node itself takes a file that holds no certificate, or none in PEM, and then trusts nobody. */
const authority = (pem: Buffer) => new X509Certificate(pem.toString())

/** What throws if a file is no use for its purpose. */
const checks = {
  cert_file: (pem: Buffer) => createSecureContext({ cert: pem }),
  key_file: (pem: Buffer) => createSecureContext({ key: pem }),
  crl_file: (pem: Buffer) => createSecureContext({ crl: pem }),
  ca_file: authority,
  client_ca_file: authority,
}

/** The error for files that cannot be read or used, by their keys. */
type Fail = (keys: string, problem: 'read' | 'used', cause: unknown) => WeirError

/** The files that the keys of one `tls` name. */
export class PemFiles {
  readonly #baseDir: string
  readonly #fail: Fail

  constructor(baseDir: string, fail: Fail) {
    this.#baseDir = baseDir
    this.#fail = fail
  }

  /** What a file holds, which is of use. */
  read(key: keyof typeof checks, path: string): string {
    const pem = this.#attempt(key, 'read', () => readFileSync(resolve(this.#baseDir, path)))
    this.#attempt(key, 'used', () => checks[key](pem))
    return pem.toString()
  }

  /** Makes sure that a certificate and a private key belong together. */
  match(cert: string, key: string): void {
    this.#attempt('cert_file and key_file', 'used', () => createSecureContext({ cert, key }))
  }

  #attempt<Value>(keys: string, problem: 'read' | 'used', make: () => Value): Value {
    try {
      return make()
    } catch (cause) {
      throw this.#fail(keys, problem, cause)
    }
  }
}
