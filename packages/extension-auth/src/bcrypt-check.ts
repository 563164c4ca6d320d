import { compare } from 'bcryptjs'
import { type Digest, digestOf, isSame } from './digest.ts'

/** Checks that may wait: each takes about a tenth of a second, and who knocks with wrong passwords shall not take all of it. */
const maxWaiting = 16
const maxRemembered = 1000

/** Checks passwords against hashes by bcrypt, one at a time, and remembers those that were right. */
export class BcryptCheck {
  readonly #right = new Map<string, Digest>()
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  async check(password: string, hash: string): Promise<boolean> {
    const digest = digestOf(password)
    const known = this.#right.get(hash)
    if (known !== undefined && isSame(known, digest)) return true
    if (this.#waiting >= maxWaiting) return false
    this.#waiting++
    const checking = this.#last.then(() => compare(password, hash))
    this.#last = checking.catch(() => {})
    const isRight = await checking.finally(() => this.#waiting--)
    if (isRight) this.#remember(hash, digest)
    return isRight
  }

  #remember(hash: string, digest: Digest): void {
    this.#right.set(hash, digest)
    if (this.#right.size <= maxRemembered) return
    const [oldest] = this.#right.keys()
    if (oldest !== undefined) this.#right.delete(oldest)
  }
}
