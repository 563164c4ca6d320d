import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export const testdata = fileURLToPath(new URL('testdata/', import.meta.url))
const pem = (name: string) => readFileSync(`${testdata}${name}`, 'utf8')

export interface SeenMail {
  readonly email: Email
  readonly raw: string
  readonly from: string
  readonly to: readonly string[]
  readonly isEncrypted: boolean
  readonly user: string | undefined
}

/** A refusal as the protocol has it. */
export const refusal = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code })

/** A real SMTP server on a port of its own, with STARTTLS and a user `weir`, which keeps the mails. */
export class SmtpServer implements AsyncDisposable {
  readonly mails: SeenMail[] = []
  /** What is said to a recipient; undefined takes it. */
  onRecipient: (address: string) => Error | undefined = () => undefined
  /** What is said to a mail; undefined takes it. */
  onMail: () => Error | undefined = () => undefined
  /** Called when a client has connected. */
  onConnect: () => void = () => {}
  readonly #server: SMTPServer

  private constructor(options: SMTPServerOptions) {
    this.#server = new SMTPServer({
      ...{ key: pem('server.key'), cert: pem('server.crt'), authOptional: true, disableReverseLookup: true },
      onConnect: (_, done) => {
        this.onConnect()
        done()
      },
      onAuth: ({ username, password }, _, done) => {
        if (username === 'weir' && password === 'secret') done(null, { user: username })
        else done(refusal(535, 'wrong password'))
      },
      onRcptTo: ({ address }, _, done) => done(this.onRecipient(address)),
      onData: (stream, { envelope, secure, user }, done) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', async () => {
          const refused = this.onMail()
          if (refused !== undefined) return done(refused)
          const raw = Buffer.concat(chunks).toString()
          this.mails.push({
            raw,
            email: await PostalMime.parse(raw),
            from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
            to: envelope.rcptTo.map(({ address }) => address),
            isEncrypted: secure,
            user,
          })
          done()
        })
      },
      ...options,
    })
    this.#server.on('error', () => {})
  }

  static async start(options: SMTPServerOptions = {}): Promise<SmtpServer> {
    const server = new SmtpServer(options)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get port(): number {
    const address = this.#server.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve))
  }
}
