import { lstatSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import picomatch from 'picomatch'

/** One step down the directories. */
export type Segment = '**' | ((name: string) => boolean)

const options = { dot: true, nonegate: true }
const spansDirectories = /[{(][^{}()]*\/[^{}()]*[})]/

/** A path or glob of the config: where to begin looking, and what matches on the way down. */
export class FilePattern {
  readonly text: string
  /** The part without wildcards, absolute. */
  readonly root: string
  /** Empty for a plain path. */
  readonly segments: readonly Segment[]
  /** It names everything below a directory, so that directories among it are nothing to speak of. */
  readonly isRecursive: boolean
  readonly #matches: (path: string) => boolean

  constructor(pattern: string, baseDir: string) {
    this.text = pattern
    const literal = resolve(baseDir, pattern)
    const { base, glob, isGlob } = picomatch.scan(pattern, options)
    if (!isGlob || exists(literal)) {
      this.root = literal
      this.segments = []
      this.isRecursive = false
      this.#matches = (path) => path === ''
      return
    }
    this.root = resolve(baseDir, base)
    this.#matches = picomatch(glob, options)
    // Braces around a slash cannot be taken apart: everything below is walked, and the whole path is matched.
    const parts = spansDirectories.test(glob) ? ['**'] : glob.split('/').filter((part) => part !== '')
    this.segments = parts.map((part): Segment => (part === '**' ? '**' : picomatch(part, options)))
    this.isRecursive = parts.at(-1) === '**'
  }

  /** Whether an absolute path is meant. */
  matches(path: string): boolean {
    const below = relative(this.root, path)
    return !below.startsWith('..') && this.#matches(sep === '/' ? below : below.replaceAll(sep, '/'))
  }
}

/** A file may be called `app[1].log`. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
