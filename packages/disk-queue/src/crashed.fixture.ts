import { copyFileSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a crash would leave of a folder, in one of its own. Files that nobody needs any more may go at any moment. */
export function crashed(directory: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'weir-crashed-'))
  for (const name of readdirSync(directory)) {
    try {
      copyFileSync(join(directory, name), join(copy, name))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  return copy
}
