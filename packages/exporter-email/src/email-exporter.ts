import {
  BatchMemory,
  type Clock,
  type Exporter,
  isPermanentError,
  type LogBatch,
  noticeOf,
  PermanentError,
  type RunMode,
  WeirError,
} from '@weir/sdk'
import { clientTls } from '@weir/tls-files'
import type { NodemailerError, SendMailOptions, SMTPSentMessageInfo, Transporter } from 'nodemailer'
import addressParser from 'nodemailer/lib/addressparser'
import type { EmailConfig } from './config.ts'
import { type Mail, mailOf } from './mail.ts'
import { smtpError } from './smtp-error.ts'

export interface EmailExporterOptions {
  config: EmailConfig
  mode: RunMode
  clock: Clock
}

/** What has become of the mails of a batch. */
interface Progress {
  /** Mails that need not be sent again. */
  done: number
  /** Recipients of the next mail who have not got it; undefined for all. */
  recipients: readonly string[] | undefined
  refusedRecords: number
  firstRefusal: PermanentError | undefined
}

/** @throws WeirError `WEIR_EMAIL_ADDRESS` */
export function checkEmail({ from, to }: EmailConfig): void {
  addressOf(from, ['from'])
  for (const [index, text] of to.entries()) addressOf(text, ['to', index])
}

/** Sends alerts by email. */
export class EmailExporter implements Exporter {
  readonly #config: EmailConfig
  readonly #mode: RunMode
  readonly #clock: Clock
  readonly #sender: string
  readonly #domain: string
  readonly #recipients: readonly string[]
  readonly #progress = new BatchMemory<Progress>()
  #transport: Transporter<SMTPSentMessageInfo> | undefined

  constructor({ config, mode, clock }: EmailExporterOptions) {
    this.#config = config
    this.#mode = mode
    this.#clock = clock
    this.#sender = addressOf(config.from, ['from'])
    this.#domain = this.#sender.slice(this.#sender.lastIndexOf('@') + 1)
    this.#recipients = config.to.map((text, index) => addressOf(text, ['to', index]))
  }

  async start(): Promise<void> {
    const { host, security, port, username, password, tls } = this.#config
    // Loaded when it is in use.
    const { default: nodemailer } = await import('nodemailer')
    this.#transport = nodemailer.createTransport({
      host,
      port: port ?? { starttls: 587, tls: 465, opportunistic: 25, none: 25 }[security],
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls: clientTls(tls, this.#mode.baseDir, 'WEIR_EMAIL_TLS'),
      ...(username === undefined ? {} : { auth: { user: username, pass: password ?? '' } }),
      // Nothing in an alert is to be fetched.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }

  async export(batch: LogBatch, { abortSignal }: { readonly abortSignal: AbortSignal }): Promise<void> {
    if (this.#transport === undefined) await this.start()
    const progress = this.#progress.get(batch) ?? {
      ...{ done: 0, recipients: undefined, refusedRecords: 0, firstRefusal: undefined },
    }
    this.#progress.set(batch, progress)
    const notices = Array.from(batch, noticeOf)
    const { max_alerts: size, subject_prefix: prefix } = this.#config
    for (let count = 0; count * size < notices.length; count++) {
      if (count < progress.done) continue
      const part = notices.slice(count * size, (count + 1) * size)
      try {
        await this.#send(mailOf(part, prefix, this.#domain), progress, abortSignal)
      } catch (error) {
        if (!isPermanentError(error)) throw error
        progress.refusedRecords += part.length
        progress.firstRefusal ??= error
      }
      progress.done = count + 1
      progress.recipients = undefined
    }
    this.#progress.delete(batch)
    const { firstRefusal, refusedRecords } = progress
    if (firstRefusal === undefined) return
    const { code, hint, message } = firstRefusal
    const options = { code, cause: firstRefusal, records: refusedRecords, ...(hint === undefined ? {} : { hint }) }
    throw new PermanentError(message, options)
  }

  stop(): void {
    this.#transport?.close()
  }

  /**
   * Sends one mail to those who have not got it.
   * @throws RetryableError after which `progress` says who has not
   * @throws PermanentError if nobody, or not everybody, is to get it
   */
  async #send(mail: Mail, progress: Progress, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { from, to, reply_to: replyTo, host } = this.#config
    const recipients = progress.recipients ?? this.#recipients
    const { rejectedErrors } = await this.#deliver(
      {
        from,
        to,
        ...(replyTo === undefined ? {} : { replyTo }),
        envelope: { from: this.#sender, to: [...recipients] },
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        messageId: mail.messageId,
        ...(mail.references === undefined ? {} : { references: mail.references, inReplyTo: mail.references }),
        date: new Date(this.#clock.now()),
        ...(mail.isUrgent ? { priority: 'high' as const } : {}),
        headers: {
          // RFC 3834; the second is Exchange's.
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
        },
        xMailer: false,
      },
      signal,
    )
    if (rejectedErrors.length === 0) return
    const errors = rejectedErrors.map((error) => ({ error: smtpError(host, error), recipient: error.recipient ?? '' }))
    const later = errors.filter(({ error }) => !isPermanentError(error))
    progress.recipients = later.map(({ recipient }) => recipient)
    const [first] = later.length > 0 ? later : errors
    if (first !== undefined) throw first.error
  }

  async #deliver(
    message: SendMailOptions,
    signal: AbortSignal,
  ): Promise<{ rejectedErrors: readonly NodemailerError[] }> {
    try {
      const info = await this.#transport?.sendMail({ ...message, signal })
      return { rejectedErrors: info?.rejectedErrors ?? [] }
    } catch (error) {
      signal.throwIfAborted()
      const rejected = Reflect.get(Object(error), 'rejectedErrors')
      // Nobody was accepted, but of some recipients that may change.
      if (Array.isArray(rejected) && rejected.length > 0) return { rejectedErrors: rejected }
      throw smtpError(this.#config.host, error)
    }
  }
}

/** @throws WeirError `WEIR_EMAIL_ADDRESS` */
function addressOf(text: string, configPath: readonly (string | number)[]): string {
  const [first, ...others] = addressParser(text, { flatten: true })
  if (/.@./.test(first?.address ?? '') && others.length === 0) return first?.address ?? ''
  throw new WeirError(`${JSON.stringify(text)} is no address of email`, {
    code: 'WEIR_EMAIL_ADDRESS',
    configPath,
    hint: 'write one address an entry: ops@example.com, or Operations <ops@example.com>',
  })
}
