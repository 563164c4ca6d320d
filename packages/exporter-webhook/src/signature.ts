import type { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import type { WebhookConfig } from './config.ts'

/**
 * The header that proves who sent a body, and when: `t=1764000000,sha256=…`, the HMAC of the seconds, a dot and the body.
 * The receiver compares in constant time, and refuses what is older than a few minutes.
 * @param now Unix epoch in milliseconds
 */
export function signatureHeaders(
  { secret, header, algorithm }: NonNullable<WebhookConfig['signature']>,
  body: Buffer,
  now: number,
): { [name: string]: string } {
  const seconds = Math.floor(now / 1000)
  const digest = createHmac(algorithm, secret).update(`${seconds}.`).update(body).digest('hex')
  return { [header]: `t=${seconds},${algorithm}=${digest}` }
}
