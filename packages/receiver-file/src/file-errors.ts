import { type Counter, type Logger, type Meter, messageOf } from '@weir/sdk'

const reasons: { readonly [code: string]: string } = {
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ENOENT: 'it is not there, or a link that points to nothing',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory; write the files in it, such as …/* or …/**',
  ELOOP: 'it is a symbolic link that leads to itself',
  EMFILE: 'the process has too many files open; lower max_open_files or raise the limit of open files',
  ENFILE: 'the system has too many files open',
  EIO: 'the disk reports an input/output error',
  ESTALE: 'the network file system has lost it',
}

/** The error's code, `other` if it has none. */
export const codeOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : 'other'
}

/** Says once what is wrong with a file, until it is well again or something else is wrong. */
export class FileErrors {
  readonly #logger: Logger
  readonly #count: Counter
  readonly #known = new Map<string, string>()
  readonly #unread = new Set<string>()

  constructor(logger: Logger, meter: Meter) {
    this.#logger = logger
    this.#count = meter.counter('weir_receiver_file_errors', {
      description: 'Files that could not be read, each problem of a file once',
      unit: '{error}',
    })
  }

  /** What is there, or should be, and could not be read as things stand. */
  get unread(): string[] {
    return [...this.#unread]
  }

  report(path: string, error: unknown): void {
    const code = codeOf(error)
    // A directory beside the files is none of them.
    if (code !== 'EISDIR') this.#unread.add(path)
    this.#say(path, code, `cannot read ${path}: ${reasons[code] ?? messageOf(error)}`, { path, code })
  }

  /** A problem that is no error of the system. */
  warn(path: string, code: string, message: string, fields: object = {}): void {
    this.#say(path, code, message, { path, code, ...fields })
  }

  clear(path: string): void {
    this.#known.delete(path)
    this.#unread.delete(path)
  }

  /** Forgets the files that are no longer there. */
  keepOnly(paths: { has(path: string): boolean }): void {
    for (const path of this.#known.keys()) if (!paths.has(path)) this.clear(path)
  }

  #say(path: string, code: string, message: string, fields: object): void {
    if (this.#known.get(path) === code) return
    this.#known.set(path, code)
    this.#count.add(1, { code })
    this.#logger.warn(fields, message)
  }
}
