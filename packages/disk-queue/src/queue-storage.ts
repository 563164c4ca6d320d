import { constants } from 'node:fs'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'

/** A file as the queue uses it. */
export type QueueFile = Pick<FileHandle, 'read' | 'write' | 'writev' | 'datasync' | 'truncate' | 'close'>

/** The file system as the queue uses it while it runs; tests put one in its place that fails. */
export interface QueueStorage {
  open(path: string, flags: 'r' | 'r+' | 'w+' | 'wx'): Promise<QueueFile>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Brings the names in a folder to the disk. */
  syncDirectory(path: string): Promise<void>
}

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW = 0 } = constants
/** Nothing in the folder is opened through a link: what is written over would be somewhere else. */
const flagsOf = {
  r: O_RDONLY | O_NOFOLLOW,
  'r+': O_RDWR | O_NOFOLLOW,
  'w+': O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW,
  wx: O_RDWR | O_CREAT | O_EXCL,
} as const

/** The real one. */
export const fileStorage: QueueStorage = {
  open: (path, flags) => open(path, flagsOf[flags], 0o600),
  rename,
  unlink,
  async syncDirectory(path) {
    // Windows opens no folders; it brings names to the disk with the file.
    if (process.platform === 'win32') return
    const directory = await open(path, 'r')
    await directory.sync().finally(() => directory.close())
  },
}
