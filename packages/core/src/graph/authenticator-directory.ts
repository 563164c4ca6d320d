import { type Authenticator, type Authenticators, WeirError } from '@weir/sdk'
import { injectable } from 'tsyringe'

/** The authenticators of the extensions that the config defines, by the ids of these. */
@injectable()
export class AuthenticatorDirectory implements Authenticators {
  readonly #authenticators = new Map<string, Authenticator>()

  add(id: string, authenticator: Authenticator): void {
    this.#authenticators.set(id, authenticator)
  }

  resolve(id: string): Authenticator {
    const found = this.#authenticators.get(id)
    if (found !== undefined) return found
    throw new WeirError(`there is no extension ${JSON.stringify(id)} that authenticates`, {
      code: 'WEIR_AUTHENTICATOR_UNKNOWN',
      hint: 'define it under extensions, such as bearer_auth: { tokens: [...] }',
    })
  }
}
