import { WeirError } from '@weir/sdk'

/**
 * The address that a key of the config gives. A user and password in it are sent as basic authorization.
 * @param key its name, for the message
 * @throws WeirError `WEIR_HTTP_URL`, which does not repeat the address: it may be a secret
 */
export function endpointUrl(text: string | undefined, key: string): URL {
  const url = URL.parse(text ?? '')
  if (url !== null && /^https?:$/.test(url.protocol)) return url
  throw new WeirError(text === undefined ? `${key} is missing` : `${key} is no http or https address`, {
    code: 'WEIR_HTTP_URL',
    hint: `write where to send: ${key}: https://…`,
  })
}
