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

/** The real one. */
export const fileStorage: QueueStorage = {
  open: (path, flags) => open(path, flags, 0o600),
  rename,
  unlink,
  async syncDirectory(path) {
    // Windows opens no folders; it brings names to the disk with the file.
    if (process.platform === 'win32') return
    const directory = await open(path, 'r')
    await directory.sync().finally(() => directory.close())
  },
}
