import { type FSWatcher, watch } from 'node:fs'
import { basename, join } from 'node:path'
import { codeOf } from './file-errors.ts'

/** Directories that are watched; what lies elsewhere is found by the poll. */
const maxWatched = 256

/**
 * Hints that something changed, from the operating system. It may keep silent (network file systems, too many
 * watches): the poll decides, the hint only makes it quick.
 */
export class DirectoryWatcher {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #failed = new Set<string>()
  readonly #hint: (path: string, isRename: boolean) => void

  /** @param hint called with the path that changed; `isRename` when names came or went. */
  constructor(hint: (path: string, isRename: boolean) => void) {
    this.#hint = hint
  }

  /** Watches these directories and no others. */
  follow(directories: ReadonlySet<string>): void {
    for (const directory of this.#watchers.keys()) if (!directories.has(directory)) this.#drop(directory)
    for (const directory of this.#failed) if (!directories.has(directory)) this.#failed.delete(directory)
    for (const directory of directories) {
      if (this.#watchers.size >= maxWatched) return
      if (!this.#watchers.has(directory) && !this.#failed.has(directory)) this.#watch(directory)
    }
  }

  close(): void {
    for (const directory of this.#watchers.keys()) this.#drop(directory)
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false })
      watcher.on('error', () => {
        this.#drop(directory)
        this.#failed.add(directory)
      })
      watcher.on('change', (event, name) => {
        const isRename = event === 'rename'
        this.#hint(name === null ? directory : join(directory, String(name)), isRename)
        // A directory that was itself removed or replaced must be watched anew.
        if (isRename && name === basename(directory)) this.#drop(directory)
      })
      this.#watchers.set(directory, watcher)
    } catch (error) {
      // What is not there yet may come; what cannot be watched is polled.
      if (codeOf(error) !== 'ENOENT') this.#failed.add(directory)
    }
  }

  #drop(directory: string): void {
    this.#watchers.get(directory)?.close()
    this.#watchers.delete(directory)
  }
}
