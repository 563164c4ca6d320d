import { messageOf, PermanentError, RetryableError } from '@weir/sdk'

interface Reason {
  readonly what: string
  readonly hint: string
  /** Only a person who changes the config or the file system ends it: worth failing for at start. */
  readonly isLasting?: boolean
}

const permission: Reason = {
  what: 'no permission to write it',
  hint: 'give the user that Weir runs as write access to the file and its folder',
  isLasting: true,
}
const full = {
  what: 'no space left on the device',
  hint: 'free some space, or limit the files with rotation.max_backups',
}
const tooMany = { what: 'too many files are open', hint: 'raise the limit of open files (ulimit -n)' }
const fileInPath: Reason = {
  what: 'a part of its path is a file',
  hint: 'name a path whose folders are folders',
  isLasting: true,
}

const reasons: { readonly [code: string]: Reason } = {
  ENOSPC: full,
  EDQUOT: { what: 'the disk quota is used up', hint: full.hint },
  EFBIG: { what: 'the file is as large as it may be', hint: 'rotate it: rotation.max_megabytes' },
  EACCES: permission,
  EPERM: permission,
  EROFS: { what: 'the file system is read-only', hint: 'mount it writable, or choose another path', isLasting: true },
  EIO: { what: 'the disk reports an input/output error', hint: 'look at the disk and the system log' },
  ESTALE: { what: 'the network file system has lost it', hint: 'look at the mount' },
  EMFILE: tooMany,
  ENFILE: tooMany,
  ENOTDIR: fileInPath,
  // What making folders says to it.
  EEXIST: fileInPath,
  ELOOP: { what: 'a symbolic link in its path leads to itself', hint: 'mend the link', isLasting: true },
  EISDIR: { what: 'it is a folder', hint: 'name a file in it: …/archive.ndjson', isLasting: true },
  ENAMETOOLONG: { what: 'its name is too long', hint: 'choose a shorter path', isLasting: true },
}
const permanent = new Set(['EISDIR', 'ENAMETOOLONG'])

const codeOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : ''
}

/** What a failed write means for the batch: the disk can get well again, a path that is none cannot. */
export function writeError(path: string, error: unknown): RetryableError | PermanentError {
  const code = codeOf(error)
  const reason = reasons[code]
  const message = `cannot write ${path}: ${reason === undefined ? messageOf(error) : `${reason.what} (${code})`}`
  const options = {
    code: 'WEIR_FILE_WRITE',
    cause: error,
    ...(reason === undefined ? {} : { hint: reason.hint }),
  }
  return permanent.has(code) ? new PermanentError(message, options) : new RetryableError(message, options)
}

/** Whether waiting will not end it. */
export const isLasting = (error: unknown): boolean => reasons[codeOf(error)]?.isLasting === true
