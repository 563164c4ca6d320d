import type { BigIntStats } from 'node:fs'

/** What the receiver wants to know of a file. */
export interface FileStat {
  /** Device and inode: the same file while it exists; a later file may get the same. */
  readonly inode: string
  /** Bytes on disk. */
  readonly size: number
  /** Unix epoch in milliseconds, with their fraction: two changes within a millisecond differ. */
  readonly modifiedMs: number
  readonly createdMs: number
  /** Names that the file has; 0 once it is deleted. */
  readonly links: number
  readonly kind: 'file' | 'directory' | 'other'
}

export const fileStat = (stats: BigIntStats): FileStat => ({
  inode: `${stats.dev}:${stats.ino}`,
  size: Number(stats.size),
  modifiedMs: Number(stats.mtimeNs) / 1e6,
  createdMs: Number(stats.birthtimeNs) / 1e6,
  links: Number(stats.nlink),
  kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other',
})
