import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { CompressedContent, inflaterOf } from './compressed-content.ts'
import type { Compression, Content } from './content.ts'
import { PlainContent } from './plain-content.ts'

/** Opens a file; without waiting, should the path name a pipe by now. */
export async function openContent(path: string, compression: Compression): Promise<Content> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const inflater = inflaterOf(path, compression)
  return inflater ? new CompressedContent(handle, inflater) : new PlainContent(handle)
}
