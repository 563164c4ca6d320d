import { WeirError } from '@weir/sdk'

/**
 * The address that a key of the config gives. A user and password in it are sent as basic authorization.
 * @param key its name, for the message
 * @param configPath where it stands, if that is not the key
 * @throws WeirError `WEIR_HTTP_URL`, which does not repeat the address: it may be a secret
 */
export function endpointUrl(
  text: string | undefined,
  key: string,
  configPath: readonly (string | number)[] = [key],
): URL {
  const url = URL.parse(text ?? '')
  if (url !== null && /^https?:$/.test(url.protocol)) return url
  throw new WeirError(text === undefined ? `${key} is missing` : `${key} is no http or https address`, {
    code: 'WEIR_HTTP_URL',
    configPath: text === undefined ? [] : configPath,
    hint: `write where to send: ${key}: https://…`,
  })
}
