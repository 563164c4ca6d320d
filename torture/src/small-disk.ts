import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file system of a few megabytes in memory; Linux, and the right to mount. */
export class SmallDisk {
  readonly path: string
  readonly #filler: string

  /** @throws Error when it cannot be mounted */
  constructor(path: string, megabytes: number) {
    this.path = path
    this.#filler = join(path, 'filler')
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'weir-torture', path], { stdio: 'pipe' })
  }

  /** Takes all the room that is left. */
  fill(): void {
    for (let size = 1 << 20; size >= 512; size >>= 1) {
      for (let ok = true; ok; ) {
        try {
          writeFileSync(this.#filler, new Uint8Array(size), { flag: 'a' })
        } catch {
          ok = false
        }
      }
    }
  }

  empty(): void {
    rmSync(this.#filler, { force: true })
  }

  unmount(): void {
    execFileSync('umount', [this.path], { stdio: 'pipe' })
  }
}
