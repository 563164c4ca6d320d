import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Findings } from './findings.ts'
import { type Kind, kinds } from './kind.ts'
import { Scanner } from './scanner.ts'

/** What is found in a text, as the kinds and texts. */
function found(text: string, of: readonly Kind[] = kinds): [string, string][] {
  const bytes = Buffer.from(text)
  const findings = new Findings()
  new Scanner(of).scan(bytes, 0, bytes.length, findings)
  return Array.from({ length: findings.count }, (_, at) => [
    kinds[findings.kinds[at] ?? 0] ?? '',
    bytes.toString('utf8', findings.starts[at], findings.ends[at]),
  ])
}
const texts = (text: string) => found(text).map(([, secret]) => secret)

/** Luhn, from the right, as ISO/IEC 7812-1 describes it. */
const isLuhn = (digits: string) =>
  [...digits]
    .reverse()
    .map((digit, index) => (index % 2 === 1 ? Number(digit) * 2 - (Number(digit) > 4 ? 9 : 0) : Number(digit)))
    .reduce((sum, digit) => sum + digit, 0) %
    10 ===
  0
const withCheckDigit = (digits: string) => digits + [...'0123456789'].find((digit) => isLuhn(digits + digit))

const cards = fc
  .tuple(fc.constantFrom(['4', 16], ['51', 16], ['34', 15], ['6011', 16], ['3528', 16]), fc.infiniteStream(fc.nat(9)))
  .map(([[prefix, length], digits]) => {
    const start = String(prefix)
    return withCheckDigit(start + [...digits.take(Number(length) - 1 - start.length)].join(''))
  })
const written = fc
  .tuple(cards, fc.constantFrom('', ' ', '-'))
  .map(([card, separator]) =>
    (card.length === 15
      ? card.replace(/(.{4})(.{6})(.{5})/, '$1_$2_$3')
      : card.replace(/(.{4})(?=.)/g, '$1_')
    ).replaceAll('_', separator),
  )
const token = (prefix: string, length: number) =>
  fc
    .string({ unit: fc.constantFrom(...'ABCXYZ0123456789'), minLength: length, maxLength: length })
    .map((rest) => prefix + rest)
const secrets: { readonly [kind in Kind]: fc.Arbitrary<string> } = {
  credit_card: written,
  email: fc
    .tuple(
      fc.stringMatching(/^[a-z][a-z0-9._+-]{0,20}[a-z0-9]$/),
      fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?\.(com|org|de)$/),
    )
    .map((parts) => parts.join('@')),
  ip_address: fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((address) => /\d/.test(address.slice(-4)) && !address.includes('.')),
  ),
  token: fc.oneof(token('AKIA', 16), token('ghp_', 36), token('sk_live_', 24), token('xoxb-', 24), token('glpat-', 20)),
}
const filler = fc.constantFrom(
  'user',
  'took 12 ms',
  '2026-11-24T10:00:00.123Z',
  'GET /cart?id=7',
  'ä€😀',
  '3.14159',
  'a::b',
  '',
)

describe('the scanner', () => {
  it.each([
    ['card 4111 1111 1111 1111 declined', ['4111 1111 1111 1111']],
    ['4111-1111-1111-1111, 5500005555555559', ['4111-1111-1111-1111', '5500005555555559']],
    ['amex 3782 822463 10005', ['3782 822463 10005']],
    ['"card":4111111111111111}', ['4111111111111111']],
    ['3528 4435 5437 0758 3 times', ['3528 4435 5437 0758 3']],
    ['3528 4435 5437 0758 3.14159', ['3528 4435 5437 0758']],
    ['3528 4435 5437 0758 3rd try', ['3528 4435 5437 0758']],
    ['4111 1111 1111 1111.5', ['4111 1111 1111 1111']],
    ['mail joe.doe+x@mail.example.co.uk.', ['joe.doe+x@mail.example.co.uk']],
    ['<jürgen@müller.de>', ['jürgen@müller.de']],
    ['https://bob:hunter@db.example.com/x', ['hunter']],
    ['postgres://app:p:w@x@db:5432/shop?a=b@c', ['p:w@x']],
    [String.raw`{"url":"redis:\/\/:hunter2@cache"}`, ['hunter2']],
    ['joe@example.com- and joe@example.com--', ['joe@example.com', 'joe@example.com']],
    ['?email=joe%40example.com&q=a%20joe%2Bx%40example.com%2F', ['joe%40example.com', 'joe%2Bx%40example.com']],
    ['?next=%2F%3Femail%3Djoe%2540example.com', ['joe%2540example.com']],
    [String.raw`"joe\u0040example.com"`, [String.raw`joe\u0040example.com`]],
    ['?card=4111+1111+1111+1111&c=4111%201111%201111%201111', ['4111+1111+1111+1111', '4111%201111%201111%201111']],
    ['?q=card%204111111111111111', ['4111111111111111']],
    ['2001:db8::1.443 > [fe80::1%eth0]:22', ['2001:db8::1', 'fe80::1']],
    ['2001:db8:0:0:0:0:2:1:8080, ::ffff:10.0.0.1:80', ['2001:db8:0:0:0:0:2:1', '::ffff:10.0.0.1']],
    ['url?ip=%5B2001:db8::1%5D%3A80', ['2001:db8::1']],
    ['Authorization=Bearer%20abcDEF123&x', ['abcDEF123']],
    ['jwe eyJhbGciOiJSU0EifQ.a-b_1.c2.d3.e4.', ['eyJhbGciOiJSU0EifQ.a-b_1.c2.d3.e4']],
    ['jws eyJhbGciOiJSU0EifQ..c2ln', ['eyJhbGciOiJSU0EifQ..c2ln']],
    [
      String.raw`"chain\n-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n"`,
      [String.raw`-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----`],
    ],
    [
      'x-----BEGIN PRIVATE KEY-----abc-----END PRIVATE KEY-----',
      ['-----BEGIN PRIVATE KEY-----abc-----END PRIVATE KEY-----'],
    ],
    ['from 203.0.113.7:443, [2001:db8::1]:80 and ::ffff:10.0.0.1.', ['203.0.113.7', '2001:db8::1', '::ffff:10.0.0.1']],
    ['peer=2001:db8:0:0:0:0:2:1', ['2001:db8:0:0:0:0:2:1']],
    ['client:fe80::1', ['fe80::1']],
    ['AKIAIOSFODNN7EXAMPLE', ['AKIAIOSFODNN7EXAMPLE']],
    ['Authorization: Bearer abc.DEF-123~x', ['abc.DEF-123~x']],
    ['Authorization: Basic dXNlcjpwYXNz', ['dXNlcjpwYXNz']],
    ['t=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln;', ['eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln']],
    [
      'k -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- x',
      ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----'],
    ],
    ['cut -----BEGIN PRIVATE KEY-----\nabc', ['-----BEGIN PRIVATE KEY-----\nabc']],
  ])('finds the secrets in %s', (text, expected) => {
    expect(texts(text)).toEqual(expected)
  })

  it.each([
    '4111 1111 1111 1112',
    '1764000000000, 1764000000000000000',
    'x4111111111111111',
    '0.4111111111111111',
    'order 41111111111111112222222222',
    'root@localhost, @mention, a@b',
    'version 1.2.3, 1.2.3.4.5, 256.1.1.1',
    '10:00:00, aa:bb:cc:dd:ee:ff, std::string, a::b, ::',
    'Basic authentication, bearer token',
    'http://host:80/a@b, http://host:80, http://a:b',
    'eyJ.a.b, %40, a%40b, 100%',
    'AKIA is a prefix, ghp_short, eyJ.eyJ',
    '-----BEGIN CERTIFICATE-----',
  ])('leaves %s', (text) => {
    expect(texts(text)).toEqual([])
  })

  it.each(kinds)('finds every %s between other things, and nothing else', (kind) => {
    const between = fc.constantFrom(' ', ', ', '="', '" ', '\t', ' [')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(filler, between, secrets[kind], fc.constantFrom(' ', '" ', ']', ',')), { maxLength: 8 }),
        (parts) => {
          const planted = parts.map(([, , secret]) => secret)
          expect(found(parts.flat().join(''), [kind])).toEqual(planted.map((secret) => [kind, secret]))
        },
      ),
    )
  })

  it.each(kinds)('finds every %s after and before escapes of JSON, of URLs and of terminals', (kind) => {
    const escapes = fc.constantFrom(
      '\\n',
      '\\r\\n',
      '\\t',
      '\\u0022',
      '\\"',
      '%22',
      '%3D',
      '%0A',
      '\u001b[31m',
      '\u001b[1;32m',
      '\\u001b[0m',
    )
    // What an address of mail can begin with, too, is redacted with it.
    const isWhole = (secret: string, text: string) => (kind === 'email' ? text.endsWith(secret) : text === secret)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(escapes, secrets[kind], escapes, fc.constantFrom('', ' ', ';')), { maxLength: 6 }),
        (parts) => {
          const all = found(parts.flat().join(''), [kind]).map(([, text]) => text)
          expect(all).toHaveLength(parts.length)
          for (const [index, [, secret]] of parts.entries()) expect(isWhole(secret, all[index] ?? '')).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('agrees with a definition of card numbers in digits that are written in one', () => {
    const digits = fc.string({ unit: fc.constantFrom('4', '1', '0', '5', 'x', ' .'), maxLength: 60 })
    fc.assert(
      fc.property(digits, (text) => {
        const expected = [...text.matchAll(/(?<![\w]|\d\.)\d+(?!\w)/g)]
          .map(([run]) => run)
          .filter(
            (run) =>
              isLuhn(run) &&
              ((/^4/.test(run) && [13, 16, 19].includes(run.length)) ||
                (/^5[1-5]/.test(run) && run.length === 16) ||
                (/^50/.test(run) && run.length >= 12 && run.length <= 19)),
          )
        expect(found(text, ['credit_card']).map(([, card]) => card)).toEqual(expected)
      }),
      { numRuns: 2000 },
    )
  })

  it('agrees with a definition of IPv4 addresses', () => {
    const dotted = fc.string({ unit: fc.constantFrom('1', '25', '6', '.', '.', 'x', ' ', '-'), maxLength: 40 })
    fc.assert(
      fc.property(dotted, (text) => {
        const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d|0\\d\\d?)'
        const quad = new RegExp(`(?<![\\w]|\\d\\.)${octet}(?:\\.${octet}){3}(?!\\w|\\.\\d)`, 'g')
        expect(found(text, ['ip_address']).map(([, address]) => address)).toEqual(text.match(quad) ?? [])
      }),
      { numRuns: 2000 },
    )
  })

  it('finds nothing that is no address, and overlooks no IPv6 address that stands alone', () => {
    const pieces = fc.string({ unit: fc.constantFrom('1', 'ab', ':', '::', '.', ' ', 'g'), maxLength: 50 })
    fc.assert(
      fc.property(pieces, (text) => {
        const addresses = found(text, ['ip_address']).map(([, address]) => address)
        expect(addresses.every((address) => isIP(address) !== 0)).toBe(true)
        for (const word of text.split(' ')) if (isIP(word) === 6 && /\d/.test(word)) expect(addresses).toContain(word)
      }),
      { numRuns: 2000 },
    )
  })

  it('gives places in order that do not overlap, whatever the bytes, and finds nothing in what is left', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (random) => {
        const bytes = Buffer.from(random)
        const findings = new Findings()
        new Scanner(kinds).scan(bytes, 0, bytes.length, findings)
        let last = 0
        for (let at = 0; at < findings.count; at++) {
          expect(findings.starts[at]).toBeGreaterThanOrEqual(last)
          expect(findings.ends[at]).toBeGreaterThan(findings.starts[at] ?? 0)
          last = findings.ends[at] ?? 0
        }
        expect(last).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })

  it('looks at no byte beyond its range', () => {
    const bytes = Buffer.from('4111111111111111 joe@example.com')
    const findings = new Findings()
    new Scanner(kinds).scan(bytes, 1, bytes.length - 4, findings)
    expect(findings.count).toBe(0)
  })
})
