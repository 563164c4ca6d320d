import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, type FileErrors } from './file-errors.ts'
import type { FileOrder } from './file-order.ts'
import { FilePattern, type Segment } from './file-pattern.ts'
import { type FileStat, fileStat } from './file-stat.ts'

/** A file that the config means. */
export interface FoundFile {
  readonly path: string
  readonly stat: FileStat
}

/** Questions to the file system that are under way at once. */
const concurrency = 16

/** Finds the files that `include` means and `exclude` does not. */
export class Finder {
  readonly #include: readonly FilePattern[]
  readonly #exclude: readonly FilePattern[]
  readonly #errors: FileErrors
  readonly #order: FileOrder | undefined

  constructor(
    include: readonly string[],
    exclude: readonly string[],
    baseDir: string,
    errors: FileErrors,
    order?: FileOrder,
  ) {
    this.#include = include.map((pattern) => new FilePattern(pattern, baseDir))
    this.#exclude = exclude.map((pattern) => new FilePattern(pattern, baseDir))
    this.#errors = errors
    this.#order = order
  }

  /** Whether a file of that path would be found. */
  matches(path: string): boolean {
    return this.#include.some((pattern) => pattern.matches(path)) && !this.#isExcluded(path)
  }

  #isExcluded(path: string): boolean {
    return this.#exclude.some((pattern) => pattern.matches(path))
  }

  async find(): Promise<{ files: FoundFile[]; directories: Set<string> }> {
    const walk = new Walk(this.#errors)
    for (const pattern of this.#include) await walk.follow(pattern)
    const paths = [...walk.paths].filter(([path]) => !this.#isExcluded(path))
    const files: FoundFile[] = []
    const troubled = new Set<string>(walk.troubled)
    const examine = async ([path, pattern]: [string, FilePattern]) => {
      try {
        const found = fileStat(await stat(path, { bigint: true }))
        if (found.kind === 'file') files.push({ path, stat: found })
        else if (found.kind === 'other') this.#errors.warn(path, 'not_a_file', `${path} is not a file; it is left out`)
        else if (!pattern.isRecursive) this.#errors.report(path, { code: 'EISDIR' })
        if (found.kind !== 'file') troubled.add(path)
      } catch (error) {
        // A name that went away between two questions is no trouble; a link to nothing, or a path that was written out, is.
        const isGone = codeOf(error) === 'ENOENT' && !walk.links.has(path) && pattern.segments.length > 0
        if (isGone) return
        troubled.add(path)
        this.#errors.report(path, error)
      }
    }
    const queue = paths.values()
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (const next of queue) await examine(next)
      }),
    )
    const readable = new Set(files.map((file) => file.path))
    this.#errors.keepOnly({ has: (path) => troubled.has(path) || readable.has(path) })
    return { files: this.#order?.first(files) ?? files, directories: walk.directories }
  }
}

/** One walk down the directories, each of which is listed once. */
class Walk {
  readonly paths = new Map<string, FilePattern>()
  readonly links = new Set<string>()
  readonly directories = new Set<string>()
  readonly troubled = new Set<string>()
  readonly #listed = new Map<string, Dirent[]>()
  readonly #errors: FileErrors

  constructor(errors: FileErrors) {
    this.#errors = errors
  }

  async follow(pattern: FilePattern): Promise<void> {
    if (pattern.segments.length === 0) {
      this.directories.add(join(pattern.root, '..'))
      this.paths.set(pattern.root, pattern)
      return
    }
    await this.#descend(pattern, pattern.root, pattern.segments, [])
  }

  async #descend(pattern: FilePattern, directory: string, segments: readonly Segment[], links: readonly string[]) {
    const [segment, ...rest] = segments
    if (segment === undefined) return
    if (segment === '**' && rest.length > 0) await this.#descend(pattern, directory, rest, links)
    for (const entry of await this.#list(directory)) {
      const path = join(directory, entry.name)
      if (entry.isSymbolicLink()) this.links.add(path)
      const isMatch = segment === '**' || segment(entry.name)
      if (!isMatch) continue
      if (rest.length === 0 && pattern.matches(path)) this.paths.set(path, pattern)
      const below = segment === '**' ? segments : rest
      if (below.length === 0) continue
      if (entry.isDirectory()) await this.#descend(pattern, path, below, links)
      else if (entry.isSymbolicLink()) {
        const target = await this.#linkedDirectory(path, directory, links)
        if (target !== undefined) await this.#descend(pattern, path, below, [...links, target])
      }
    }
  }

  async #list(directory: string): Promise<Dirent[]> {
    const known = this.#listed.get(directory)
    if (known) return known
    let entries: Dirent[] = []
    this.directories.add(directory)
    try {
      entries = await readdir(directory, { withFileTypes: true })
      this.#errors.clear(directory)
    } catch (error) {
      // A directory that does not exist yet has no files yet.
      if (codeOf(error) !== 'ENOENT') {
        this.troubled.add(directory)
        this.#errors.report(directory, error)
      }
    }
    this.#listed.set(directory, entries)
    return entries
  }

  /** Where a link to a directory leads, unless that is a directory on the way to it. */
  async #linkedDirectory(path: string, parent: string, links: readonly string[]): Promise<string | undefined> {
    try {
      if (!(await stat(path)).isDirectory()) return undefined
      const target = await realpath(path)
      const isLoop = links.includes(target) || `${await realpath(parent)}/`.startsWith(`${target}/`)
      return isLoop ? undefined : target
    } catch {
      return undefined
    }
  }
}
