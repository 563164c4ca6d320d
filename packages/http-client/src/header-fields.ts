import { checkAt, WeirError } from '@weir/sdk'
import type { HttpConfig } from './http-keys.ts'

export interface HeaderFields {
  readonly [name: string]: string
}

/**
 * Headers by their names in lower case.
 * @param configPath where they stand, if not each at its name
 * @throws WeirError `WEIR_HTTP_HEADER`
 */
export function headerFields(fields: HeaderFields, configPath?: readonly string[]): { [name: string]: string } {
  const headers = new Headers()
  for (const [name, value] of Object.entries(fields)) {
    try {
      headers.append(name, value)
    } catch {
      throw new WeirError(`the header ${JSON.stringify(name)} has a name or value that is not allowed in HTTP`, {
        code: 'WEIR_HTTP_HEADER',
        hint: 'names are letters, digits and -; values have no line breaks',
        configPath: configPath ?? [name],
      })
    }
  }
  return Object.fromEntries(headers)
}

/**
 * For the `check` of a component with `httpKeys`. The files of `tls` are read when it starts.
 * @throws WeirError `WEIR_HTTP_HEADER`
 */
export function checkHttp({ headers }: Pick<HttpConfig, 'headers'>): void {
  checkAt(['headers'], () => headerFields(headers))
}
