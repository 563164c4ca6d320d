import { Buffer } from 'node:buffer'
import { isAlphanumeric, isBase64Url, isDigit } from './byte-class.ts'

const [dot, slash, colon, at, backslash] = [0x2e, 0x2f, 0x3a, 0x40, 0x5c]
/** Longest user and password of a URL that are looked at. */
const longestUserInfo = 256

type IsPart = (byte: number | undefined) => boolean

const isUpperOrDigit: IsPart = (byte) => isDigit(byte) || (byte !== undefined && byte >= 0x41 && byte <= 0x5a)
const isDotted: IsPart = (byte) => byte === dot || isBase64Url(byte)
/** Of the credentials of HTTP (RFC 9110, 11.2). */
const isToken68: IsPart = (byte) => isDotted(byte) || byte === 0x2b || byte === 0x2f || byte === 0x3d || byte === 0x7e

/** A token that is known by its beginning, and has at least so many characters of these after it. */
interface Shape {
  readonly prefix: Buffer
  readonly isPart: IsPart
  readonly least: number
  /** The beginning is no part of the secret: `Bearer `. */
  readonly isScheme: boolean
}

const shape = (prefix: string, isPart: IsPart, least: number, isScheme = false): Shape => ({
  prefix: Buffer.from(prefix),
  ...{ isPart, least, isScheme },
})

/** As their makers document them. */
const shapes: readonly Shape[] = [
  ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((prefix) => shape(prefix, isUpperOrDigit, 16)),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => shape(prefix, isAlphanumeric, 36)),
  shape('github_pat_', isBase64Url, 22),
  shape('glpat-', isDotted, 20),
  ...['xoxa-', 'xoxb-', 'xoxe-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-'].map((prefix) => shape(prefix, isBase64Url, 10)),
  ...['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'].map((prefix) => shape(prefix, isAlphanumeric, 16)),
  shape('sk-', isBase64Url, 20),
  shape('AIza', isBase64Url, 35),
  shape('ya29.', isBase64Url, 20),
  shape('npm_', isAlphanumeric, 36),
  shape('pypi-', isBase64Url, 16),
  shape('hf_', isAlphanumeric, 30),
  shape('SG.', isDotted, 40),
  shape('dop_v1_', isAlphanumeric, 64),
  shape('shpat_', isAlphanumeric, 32),
  ...['Bearer', 'bearer', 'BEARER', 'Basic', 'basic', 'BASIC'].flatMap((scheme) => [
    shape(`${scheme} `, isToken68, 8, true),
    shape(`${scheme}%20`, isToken68, 8, true),
  ]),
]

/** By their first byte. */
const shapesOf: readonly (readonly Shape[] | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  const found = shapes.filter(({ prefix }) => prefix[0] === byte)
  return found.length === 0 ? undefined : found
})

/** Whether a token can begin with these bytes, by the lower seven bits of both: most words are told by that. */
export const pairs = new Uint8Array(128 * 128)
for (const beginning of ['ey', '--', ...shapes.map(({ prefix }) => prefix.toString())])
  pairs[(beginning.charCodeAt(0) << 7) | beginning.charCodeAt(1)] = 1

/** Whether a token can begin with this byte. */
export const beginsToken = (byte: number): boolean => byte === 0x65 || byte === 0x2d || shapesOf[byte] !== undefined

/** Where the secret begins, and ends, that was found last. */
export const secret = { start: 0, end: 0 }

/** Whether there is a token at `start`, the beginning of a word: `secret` says where. */
export function findToken(bytes: Buffer, start: number, to: number): boolean {
  const byte = bytes[start]
  if (byte === 0x65) return findJwt(bytes, start, to)
  if (byte === 0x2d) return findPrivateKey(bytes, start, to)
  for (const { prefix, isPart, least, isScheme } of shapesOf[byte ?? 0] ?? []) {
    if (!startsWith(bytes, start, to, prefix)) continue
    const from = start + prefix.length
    const end = endOf(bytes, from, to, isPart)
    if (end - from < least || (isScheme && isPlainWord(bytes, from, end))) continue
    secret.start = isScheme ? from : start
    secret.end = end
    return true
  }
  return false
}

function startsWith(bytes: Buffer, at: number, to: number, prefix: Buffer): boolean {
  if (at + prefix.length > to) return false
  for (let index = 1; index < prefix.length; index++) if (bytes[at + index] !== prefix[index]) return false
  return true
}

function endOf(bytes: Buffer, from: number, to: number, isPart: IsPart): number {
  let at = from
  while (at < to && isPart(bytes[at])) at++
  return at
}

/** `Basic authentication` is no secret: one has a digit, or a capital after its first letter. */
function isPlainWord(bytes: Buffer, from: number, to: number): boolean {
  if (isDigit(bytes[from])) return false
  for (let at = from + 1; at < to; at++) if (isUpperOrDigit(bytes[at])) return false
  return true
}

const json = Buffer.from('eyJ')
/** `{"alg":1}` and the like. */
const leastHeader = 12

/**
 * Three parts in base64url, signed (RFC 7515; the second can be empty), or five, encrypted (RFC 7516). The first is an
 * object, and so begins with `{"`, which is `eyJ`.
 */
function findJwt(bytes: Buffer, start: number, to: number): boolean {
  if (!startsWith(bytes, start, to, json)) return false
  const header = endOf(bytes, start, to, isBase64Url)
  if (header - start < leastHeader || header >= to || bytes[header] !== dot) return false
  let end = endOf(bytes, header + 1, to, isBase64Url)
  if (end + 1 >= to || bytes[end] !== dot || !isBase64Url(bytes[end + 1])) return false
  for (let part = 2; part < 5 && end + 1 < to && bytes[end] === dot && isBase64Url(bytes[end + 1]); part++)
    end = endOf(bytes, end + 1, to, isBase64Url)
  secret.start = start
  secret.end = end
  return true
}

const begin = Buffer.from('-----BEGIN ')
const privateKey = Buffer.from('PRIVATE KEY')
const end = Buffer.from('-----END ')
const dashes = Buffer.from('-----')

/** A private key in PEM (RFC 7468): to its end, or that of the text. */
function findPrivateKey(bytes: Buffer, start: number, to: number): boolean {
  if (!startsWith(bytes, start, to, begin)) return false
  const label = bytes.subarray(start + begin.length, Math.min(to, start + begin.length + 40))
  if (label.indexOf(privateKey) < 0) return false
  const text = bytes.subarray(0, to)
  const last = text.indexOf(end, start)
  const closing = last < 0 ? -1 : text.indexOf(dashes, last + end.length)
  secret.start = start
  secret.end = closing < 0 ? to : closing + dashes.length
  return true
}

const endsUserInfo = new Uint8Array(256)
for (const byte of Buffer.from('/?#\\"\'<>,`')) endsUserInfo[byte] = 1
for (let byte = 0; byte <= 0x20; byte++) endsUserInfo[byte] = 1

/** Whether the `@` at `place` is behind the password of a URL: `postgres://user:password@host`, in JSON also `:\/\/`. */
export function findPassword(bytes: Buffer, place: number, floor: number, to: number): boolean {
  const least = Math.max(floor, place - longestUserInfo)
  let from = place
  let first = -1
  while (from > least && endsUserInfo[bytes[from - 1] ?? 0] === 0) if (bytes[--from] === colon) first = from + 1
  if (first < 0 || first === place || !isAfterScheme(bytes, from)) return false
  secret.start = first
  secret.end = place
  const limit = Math.min(to, place + longestUserInfo)
  for (let index = place; index < limit && endsUserInfo[bytes[index] ?? 0] === 0; index++)
    if (bytes[index] === at) secret.end = index
  return true
}

function isAfterScheme(bytes: Buffer, from: number): boolean {
  let before = from
  for (let slashes = 0; slashes < 2; slashes++) {
    if (bytes[--before] !== slash) return false
    if (bytes[before - 1] === backslash) before--
  }
  return bytes[before - 1] === colon
}
