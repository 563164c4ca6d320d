import type { Clock } from '@weir/sdk'
import type { FileErrors } from './file-errors.ts'
import type { Finder, FoundFile } from './finder.ts'

export interface ListingOptions {
  readonly finder: Finder
  readonly errors: FileErrors
  readonly clock: Clock
  /** The path under which a file is followed, by its inode. */
  pathOf(inode: string): string | undefined
}

/** Files by inode, and the directories that they were looked for in. */
export interface Listed {
  readonly found: ReadonlyMap<string, FoundFile>
  readonly directories: Set<string>
}

/** How often files are listed in a row, at most, because they move meanwhile. */
export const maxAttempts = 3

/** Lists the files that the config means, each once. */
export class Listing {
  readonly #options: ListingOptions
  /** What the last look has found; nothing is known before the first. */
  #last: ReadonlyMap<string, FoundFile> | undefined
  #ms = 0

  constructor(options: ListingOptions) {
    this.#options = options
  }

  /** How long listing took since this was asked last, milliseconds. */
  takeMs(): number {
    const ms = this.#ms
    this.#ms = 0
    return ms
  }

  /**
   * Lists the files. One that is renamed between listing and asking is missed, and its younger generation is not: so, if
   * something is new, it is listed again until that makes no difference.
   */
  async list(): Promise<Listed> {
    const { finder, clock } = this.#options
    const begunMs = clock.monotonic()
    let { files, directories } = await finder.find()
    const last = this.#last
    const isNew = ({ stat }: FoundFile) => last?.has(stat.inode) !== true
    for (let attempt = 0; attempt < maxAttempts && (last === undefined || files.some(isNew)); attempt++) {
      const before = placesOf(files)
      ;({ files, directories } = await finder.find())
      if (placesOf(files) === before) break
    }
    this.#ms += clock.monotonic() - begunMs
    return { found: this.#withoutDuplicates(files), directories }
  }

  /** A look is over: what it has found is not new in the next. */
  remember(found: ReadonlyMap<string, FoundFile>): void {
    this.#last = found
  }

  /** By inode; of several paths to one file, the one that it is followed by. */
  #withoutDuplicates(files: readonly FoundFile[]): Map<string, FoundFile> {
    const { errors, pathOf } = this.#options
    const found = new Map<string, FoundFile>()
    for (const file of files.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
      const { inode } = file.stat
      const other = found.get(inode)
      if (other === undefined) {
        found.set(inode, file)
        continue
      }
      const [kept, left] = pathOf(inode) === file.path ? [file, other] : [other, file]
      found.set(inode, kept)
      errors.warn(left.path, 'duplicate', `${left.path} is the same file as ${kept.path}; it is read once`)
    }
    return found
  }
}

const placesOf = (files: readonly FoundFile[]): string =>
  files
    .map(({ path, stat }) => `${stat.inode} ${path}`)
    .sort()
    .join('\n')
