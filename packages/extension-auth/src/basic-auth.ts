import { Buffer } from 'node:buffer'
import { resolve } from 'node:path'
import {
  type Authenticator,
  Clock,
  ComponentId,
  checkAt,
  defineExtension,
  type Extension,
  type Identity,
  Logger,
  type RequestHeaders,
  RunMode,
  Secret,
  type Static,
  Type,
} from '@weir/sdk'
import { BcryptCheck } from './bcrypt-check.ts'
import { CredentialFile } from './credential-file.ts'
import { type Digest, digestOf, isSame } from './digest.ts'
import { noCredentials } from './errors.ts'
import { parseHtpasswd } from './htpasswd.ts'

const user = Type.Object(
  {
    username: Type.String({ description: 'Name of the user.', pattern: '^[^:]+$' }),
    password: Secret({ description: 'Password of the user.' }),
  },
  { additionalProperties: false },
)

const config = Type.Object({
  users: Type.Array(user, { description: 'Users with their passwords.', default: [] }),
  htpasswd: Type.Optional(
    Type.Object(
      {
        file: Type.Optional(
          Type.String({
            description:
              'File of `name:hash` lines, hashes by bcrypt (`htpasswd -B`). It is read again when it changes.',
          }),
        ),
        inline: Type.Optional(Secret({ description: 'The same, written down here.' })),
      },
      { description: 'Users with hashes of their passwords.', additionalProperties: false },
    ),
  ),
  realm: Type.String({ description: 'What clients show to whom they ask.', default: 'weir', pattern: '^[^"\\\\]*$' }),
})

/** Of no password. Unknown users are checked against it, so that they take as long as known ones. */
const noHash = `$2b$10$${'.'.repeat(53)}`

function check({ users, htpasswd }: Static<typeof config>): void {
  const inline = checkAt(['htpasswd', 'inline'], () => parseHtpasswd(htpasswd?.inline ?? ''))
  if (users.length === 0 && inline.size === 0 && htpasswd?.file === undefined)
    throw noCredentials('users, or htpasswd: { file: … }')
}

class BasicAuth implements Extension, Authenticator {
  readonly authenticator = this
  readonly challenge: string
  readonly #users: ReadonlyMap<string, Digest>
  readonly #inline: ReadonlyMap<string, string>
  readonly #openFile: () => CredentialFile<Map<string, string>> | undefined
  readonly #bcrypt = new BcryptCheck()
  #file: CredentialFile<Map<string, string>> | undefined

  constructor(
    { users, htpasswd, realm }: Static<typeof config>,
    services: { componentId: string; clock: Clock; logger: Logger; runMode: RunMode },
  ) {
    const { componentId: component, runMode } = services
    const file = htpasswd?.file
    this.challenge = `Basic realm="${realm}", charset="UTF-8"`
    this.#users = new Map(users.map(({ username, password }) => [username, digestOf(password)]))
    this.#inline = parseHtpasswd(htpasswd?.inline ?? '')
    this.#openFile = () =>
      file === undefined
        ? undefined
        : new CredentialFile({ ...services, component, path: resolve(runMode.baseDir, file), parse: parseHtpasswd })
  }

  start(): void {
    this.#file = this.#openFile()
  }

  stop(): void {}

  async authenticate({ authorization }: RequestHeaders): Promise<Identity | undefined> {
    const [, encoded] = /^basic +([A-Za-z0-9+/=]+)$/i.exec(String(authorization ?? '')) ?? []
    if (encoded === undefined) return undefined
    const text = Buffer.from(encoded, 'base64').toString()
    const colon = text.indexOf(':')
    if (colon < 0) return undefined
    const name = text.slice(0, colon)
    return (await this.#isRight(name, text.slice(colon + 1))) ? { name } : undefined
  }

  async #isRight(name: string, password: string): Promise<boolean> {
    const digest = this.#users.get(name)
    if (digest !== undefined) return isSame(digest, digestOf(password))
    const inFile = this.#file?.content
    if (this.#inline.size === 0 && inFile === undefined) return false
    return this.#bcrypt.check(password, this.#inline.get(name) ?? inFile?.get(name) ?? noHash)
  }
}

export const basicAuth = defineExtension({
  type: 'basic_auth',
  description: 'Says who may come in by user name and password (RFC 7617).',
  stability: 'beta',
  authenticates: true,
  config,
  check,
  inject: { clock: Clock, componentId: ComponentId, logger: Logger, runMode: RunMode },
  create: ({ config: keys, ...services }) => new BasicAuth(keys, services),
})
