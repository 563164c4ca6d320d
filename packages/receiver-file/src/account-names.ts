import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The names of users or groups: from the system's own list, from its directory service, or else the number. */
class AccountNames {
  readonly #list: string
  readonly #ask: (id: number) => [command: string, ...args: string[]]
  readonly #known = new Map<number, Promise<string>>()

  constructor(list: string, ask: (id: number) => [command: string, ...args: string[]]) {
    this.#list = list
    this.#ask = ask
  }

  of(id: number): Promise<string> {
    const known = this.#known.get(id) ?? this.#find(id)
    this.#known.set(id, known)
    return known
  }

  async #find(id: number): Promise<string> {
    const list = await readFile(this.#list, 'utf8').catch(() => '')
    const [command, ...args] = this.#ask(id)
    const asked = async () => (await run(command, args).catch(() => ({ stdout: '' }))).stdout
    return nameIn(list, id) ?? nameIn(await asked(), id) ?? String(id)
  }
}

/** `name:password:id:…`, one a line. */
function nameIn(list: string, id: number): string | undefined {
  for (const line of list.split('\n')) {
    const [name, , number] = line.split(':')
    if (number === String(id)) return name
  }
  return undefined
}

export const userNames = new AccountNames('/etc/passwd', (id) => ['getent', 'passwd', String(id)])
export const groupNames = new AccountNames('/etc/group', (id) => ['getent', 'group', String(id)])
