import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { program } from './peer.ts'

const config = `
[ca]
default_ca = local
[local]
dir = .
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
default_crl_days = 3650
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
`

/** A certificate authority in a folder: it issues by way of the `openssl` command. */
export class Authority {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'openssl.cnf'), config)
    writeFileSync(join(folder, 'index.txt'), '')
    const subject = ['-subj', '/CN=Test authority', '-days', '3650', '-addext', 'basicConstraints=critical,CA:TRUE']
    this.#run('req', '-x509', ...newKey('ca'), '-out', 'ca.pem', ...subject, '-config', 'openssl.cnf')
  }

  get certificate(): string {
    return join(this.#folder, 'ca.pem')
  }

  get revocations(): string {
    return join(this.#folder, 'crl.pem')
  }

  /** Files of a certificate with this common name, which may have expired. */
  issue(name: string, { alternative = 'DNS:localhost,IP:127.0.0.1', isExpired = false } = {}) {
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternative}`, '-config', 'openssl.cnf']
    this.#run('req', '-new', ...newKey(name), '-out', `${name}.csr`, ...subject)
    const period = isExpired
      ? ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z']
      : ['-startdate', '20200101000000Z', '-enddate', '20991231000000Z']
    const signer = ['-cert', 'ca.pem', '-keyfile', 'ca.key', '-config', 'openssl.cnf', '-batch', '-notext']
    this.#run('ca', ...signer, ...period, '-in', `${name}.csr`, '-out', `${name}.pem`)
    return { cert: join(this.#folder, `${name}.pem`), key: join(this.#folder, `${name}.key`) }
  }

  revoke(name: string): void {
    const signer = ['-cert', 'ca.pem', '-keyfile', 'ca.key', '-config', 'openssl.cnf']
    this.#run('ca', ...signer, '-revoke', `${name}.pem`)
    this.#run('ca', ...signer, '-gencrl', '-out', 'crl.pem')
  }

  #run(...args: string[]): void {
    const { status, stderr, error } = spawnSync(program('openssl')?.path ?? 'no openssl', args, {
      cwd: this.#folder,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${error?.message ?? stderr}`)
  }
}

const newKey = (name: string) => [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:P-256',
  '-nodes',
  '-keyout',
  `${name}.key`,
]
