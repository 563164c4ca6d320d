import { chmodSync, createWriteStream, mkdirSync, mkdtempSync, statSync, type WriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunMode } from '@weir/sdk'

const onlyOwner = 0o600

/** Where profiles go: into the state directory, or a private temporary folder if there is none. */
export class ProfileFolder {
  readonly #stateDir: string | undefined
  #path: string | undefined

  constructor({ stateDir }: RunMode) {
    this.#stateDir = stateDir
  }

  /** Opens a new file, which its owner alone can read. */
  create(name: string, extension: string, now: number): WriteStream & { path: string | Buffer } {
    const stamp = new Date(now).toISOString().replaceAll(/[-:]/g, '').replace('.', '')
    const path = join(this.#folder(), `${name}-${stamp}-${process.pid}.${extension}`)
    return createWriteStream(path, { flags: 'wx', mode: onlyOwner })
  }

  #folder(): string {
    if (this.#path === undefined) {
      this.#path =
        this.#stateDir === undefined ? mkdtempSync(join(tmpdir(), 'weir-profiles-')) : join(this.#stateDir, 'profiles')
    }
    mkdirSync(this.#path, { recursive: true, mode: 0o700 })
    if ((statSync(this.#path).mode & 0o077) !== 0) chmodSync(this.#path, 0o700)
    return this.#path
  }
}
