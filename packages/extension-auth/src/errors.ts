import { messageOf, WeirError } from '@weir/sdk'

export const noCredentials = (component: string, keys: string): WeirError =>
  new WeirError(`${component}: nobody is named who may come in, so nobody could`, {
    code: 'WEIR_AUTH_EMPTY',
    component,
    hint: `give it ${keys}`,
  })

export const unreadable = (component: string, path: string, cause: unknown): WeirError =>
  new WeirError(`${component}: the file ${path} cannot be used: ${messageOf(cause)}`, {
    code: 'WEIR_AUTH_FILE',
    component,
    cause,
  })

export const badEntry = (component: string, line: number, problem: string): WeirError =>
  new WeirError(`${component}: line ${line} of htpasswd ${problem}`, {
    code: 'WEIR_AUTH_HTPASSWD',
    component,
    hint: 'write name:hash with a hash by bcrypt, as `htpasswd -B` does',
  })
