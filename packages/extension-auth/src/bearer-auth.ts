import { resolve } from 'node:path'
import {
  type Authenticator,
  Clock,
  ComponentId,
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
import { CredentialFile } from './credential-file.ts'
import { type Digest, digestOf, isSame } from './digest.ts'
import { noCredentials } from './errors.ts'

const config = Type.Object({
  scheme: Type.String({ description: 'Word before the token.', default: 'Bearer', pattern: '^[A-Za-z0-9_-]+$' }),
  header: Type.String({ description: 'Header with the token.', default: 'Authorization', pattern: '^[A-Za-z0-9_-]+$' }),
  token: Type.Optional(Secret({ description: 'A token that may come in.' })),
  tokens: Type.Array(Secret({ description: 'A token.' }), { description: 'Tokens that may come in.', default: [] }),
  filename: Type.Optional(
    Type.String({
      description: 'File with a token a line, `#` begins a comment. It is read again when it changes.',
    }),
  ),
})

class BearerAuth implements Extension, Authenticator {
  readonly authenticator = this
  readonly challenge: string
  readonly #scheme: string
  readonly #header: string
  readonly #inline: readonly Digest[]
  readonly #openFile: () => CredentialFile<Digest[]> | undefined
  #file: CredentialFile<Digest[]> | undefined

  constructor(
    { scheme, header, token, tokens, filename }: Static<typeof config>,
    services: { componentId: string; clock: Clock; logger: Logger; runMode: RunMode },
  ) {
    const { componentId: component, runMode } = services
    this.challenge = scheme
    this.#scheme = scheme.toLowerCase()
    this.#header = header.toLowerCase()
    this.#inline = [token ?? [], tokens].flat().map(digestOf)
    this.#openFile = () =>
      filename === undefined
        ? undefined
        : new CredentialFile({ ...services, component, path: resolve(runMode.baseDir, filename), parse: tokensOf })
  }

  start(): void {
    this.#file = this.#openFile()
  }

  stop(): void {}

  authenticate(headers: RequestHeaders): Identity | undefined {
    const [, scheme = '', token] = /^(\S+) +(\S+)$/.exec(String(headers[this.#header] ?? '')) ?? []
    if (token === undefined || scheme.toLowerCase() !== this.#scheme) return undefined
    const digest = digestOf(token)
    let found: string | undefined
    // All are compared, so that the time does not tell which it was.
    for (const [index, one] of this.#inline.entries()) if (isSame(one, digest)) found = `token ${index + 1}`
    for (const [index, one] of (this.#file?.content ?? []).entries())
      if (isSame(one, digest)) found = `token ${index + 1} of the file`
    return found === undefined ? undefined : { name: found }
  }
}

const tokensOf = (text: string): Digest[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(digestOf)

export const bearerAuth = defineExtension({
  type: 'bearer_auth',
  description: 'Says who may come in by bearer token (RFC 6750).',
  stability: 'beta',
  authenticates: true,
  config,
  check({ token, tokens, filename }) {
    if (token === undefined && tokens.length === 0 && filename === undefined)
      throw noCredentials('token, tokens or filename')
  },
  inject: { clock: Clock, componentId: ComponentId, logger: Logger, runMode: RunMode },
  create: ({ config: keys, ...services }) => new BearerAuth(keys, services),
})
