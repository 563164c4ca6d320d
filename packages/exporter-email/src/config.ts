import { OneOf, Secret, type Static, Type } from '@weir/sdk'
import { clientTlsKeys } from '@weir/tls-files'

/** A name and address, or an address alone; nothing that could be a header of its own. */
const address = (description: string) =>
  Type.String({
    description,
    pattern: '^[^\\u0000-\\u001f\\u007f<>]*<?[^\\u0000-\\u001f\\u007f<>@ ,;]+@[^\\u0000-\\u001f\\u007f<>@ ,;]+>?$',
    examples: ['Operations <ops@example.com>'],
  })

export const emailConfig = Type.Object({
  host: Type.String({ description: 'Mail server.', minLength: 1, examples: ['smtp.example.com'] }),
  port: Type.Optional(
    Type.Integer({
      description: 'Its port. The default is 587 with `starttls`, 465 with `tls`, 25 otherwise.',
      minimum: 1,
      maximum: 65_535,
    }),
  ),
  security: OneOf(['starttls', 'tls', 'opportunistic', 'none'], {
    description:
      '`starttls`: nothing is sent before the connection is encrypted. `tls`: encrypted from the start. `opportunistic`: encrypted if the server can, which an attacker can prevent. `none`: for a server on this machine.',
    default: 'starttls',
  }),
  tls: Type.Optional(
    Type.Object(clientTlsKeys('`host`'), {
      description: 'TLS; paths are relative to the folder of the config.',
      additionalProperties: false,
    }),
  ),
  username: Type.Optional(Type.String({ description: 'User, if the server asks for one.' })),
  password: Type.Optional(Secret({ description: 'Password of `username`.', examples: ['${env:SMTP_PASSWORD}'] })),
  from: address('Sender.'),
  to: Type.Array(address('Recipient.'), { description: 'Recipients.', minItems: 1 }),
  reply_to: Type.Optional(address('Where answers go.')),
  subject_prefix: Type.String({ description: 'Begins each subject.', default: '[Weir]' }),
  max_alerts: Type.Integer({
    description: 'Alerts in one mail; more are several mails. How long it waits for more is `batch.flush_timeout`.',
    default: 50,
    minimum: 1,
    maximum: 1000,
  }),
})

export type EmailConfig = Static<typeof emailConfig>
