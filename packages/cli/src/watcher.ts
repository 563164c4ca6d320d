import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname, sep } from 'node:path'

/** Time in which what an editor does to a file counts as one change. */
const settleMs = 150

/** A plugin's own sources: not what was installed, built, logged, or stored by Weir itself. */
const isSource = (path: string): boolean =>
  /\.([mc]?[jt]s|json|ya?ml)$/.test(path) && !path.split(sep).some((part) => /^(\..*|node_modules|dist)$/.test(part))

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Calls back when one of some files, or anything in some folders, has changed. */
export class Watcher {
  readonly #onChange: () => void
  #paths: ReadonlySet<string> = new Set()
  #watchers: FSWatcher[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /**
   * Watches these from now on, and nothing else. Files are watched by way of their folders: editors replace them. What has
   * been noticed before is not forgotten.
   * @returns whether anything is among them that was not watched before, and may have changed unnoticed
   */
  watch(paths: readonly string[]): boolean {
    const wanted = new Set(paths)
    const isNew = !wanted.isSubsetOf(this.#paths)
    if (!isNew && wanted.size === this.#paths.size) return false
    this.#paths = wanted
    const former = this.#watchers.splice(0)
    const files = Map.groupBy(
      paths.filter((path) => !isFolder(path)),
      dirname,
    )
    for (const [folder, inFolder] of files) {
      const names = new Set(inFolder.map((path) => basename(path)))
      this.#add(folder, false, (name) => names.has(name))
    }
    for (const folder of paths.filter(isFolder)) {
      this.#add(folder, true, isSource)
    }
    for (const watcher of former) watcher.close()
    return isNew
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#paths = new Set()
    for (const watcher of this.#watchers.splice(0)) watcher.close()
  }

  #add(folder: string, recursive: boolean, matters: (name: string) => boolean): void {
    const watcher = watch(folder, { recursive }, (_, name) => {
      if (name === null || matters(name)) this.#changed()
    })
    watcher.on('error', () => watcher.close())
    this.#watchers.push(watcher)
  }

  #changed(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#onChange, settleMs)
  }
}
