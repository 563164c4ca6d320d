import { isWeirError, messageOf, WeirError } from '@weir/sdk'

export const noCredentials = (keys: string): WeirError =>
  new WeirError('nobody is named who may come in, so nobody could', {
    code: 'WEIR_AUTH_EMPTY',
    hint: `give it ${keys}`,
  })

export function unreadable(component: string, path: string, cause: unknown): WeirError {
  const { code = 'WEIR_AUTH_FILE', hint } = isWeirError(cause) ? cause : {}
  return new WeirError(`${component}: the file ${path} cannot be used: ${messageOf(cause)}`, {
    ...{ code, component, cause },
    ...(hint === undefined ? {} : { hint }),
  })
}

export const badEntry = (line: number, problem: string): WeirError =>
  new WeirError(`line ${line} ${problem}`, {
    code: 'WEIR_AUTH_HTPASSWD',
    hint: 'write name:hash with a hash by bcrypt, as `htpasswd -B` does',
  })
