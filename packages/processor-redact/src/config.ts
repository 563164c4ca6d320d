import { OneOf, Pattern, Secret, type Static, Type } from '@weir/sdk'
import { kinds } from './kind.ts'

export const config = Type.Object({
  kinds: Type.Array(
    OneOf(kinds, {
      description:
        '`credit_card`: numbers with an issuer’s beginning and a right check digit. `email`: addresses of mail. `ip_address`: IPv4 and IPv6. `token`: JWT, keys of the usual services, credentials after `Bearer` and `Basic`, passwords in URLs, private keys in PEM.',
    }),
    { description: 'What is looked for.', default: ['credit_card', 'email', 'token'] },
  ),
  blocked_values: Type.Array(Pattern({ description: 'A regular expression.', examples: ['\\bEMP-\\d{6}\\b'] }), {
    description: 'Further texts that are redacted wherever they stand.',
    default: [],
  }),
  blocked_key_patterns: Type.Array(
    Pattern({ description: 'A regular expression.', examples: ['(?i)passw(or)?d|secret|authorization'] }),
    {
      description: 'Attributes, and keys within them and within the body, whose whole value is redacted.',
      default: [],
    },
  ),
  ignored_keys: Type.Array(Type.String(), {
    description: 'Attributes that are left as they are.',
    default: [],
    examples: [['trace.id']],
  }),
  fields: Type.Array(OneOf(['body', 'attributes'], { description: 'A part of the record.' }), {
    description: 'Where is looked.',
    default: ['body', 'attributes'],
  }),
  action: OneOf(['replace', 'hash', 'remove'], {
    description:
      'What becomes of what is found: `replacement`, its SHA-256 in hexadecimal (an HMAC with `hash_key`), or nothing.',
    default: 'replace',
  }),
  replacement: Type.String({
    description: 'With `replace`: what stands there then. `{kind}` is the kind, `pattern` or `key`.',
    default: '[{kind}]',
  }),
  hash_key: Type.Optional(
    Secret({
      description: 'Key of `hash`. Without one, whoever guesses a value (an address, a number) can check the guess.',
    }),
  ),
})

export type RedactConfig = Static<typeof config>
