import { Buffer } from 'node:buffer'
import type { Checkpoint } from './checkpoint.ts'
import type { CheckpointBook } from './checkpoint-book.ts'
import type { Compression, Content } from './content.ts'
import type { FoundFile } from './finder.ts'
import type { Follower } from './follower.ts'
import { anchorLength, beginning, beginsWith, markOf, type Position, positionAfter } from './mark.ts'
import { openContent } from './open-content.ts'
import type { Tail } from './tail.ts'

export interface IdentificationOptions {
  readonly book: CheckpointBook
  readonly follower: Follower
  readonly compression: Compression
  readonly fingerprintSize: number
  /** Every file stands for itself: nothing is a copy that waits for the other file to be truncated. */
  readonly once: boolean
}

/**
 * What a file that is not followed turns out to be: content that is new, or known and read up to a position; a copy of
 * a file that is followed; or not to be told yet.
 */
export type Identity =
  | { readonly is: 'new'; readonly head: Buffer }
  | { readonly is: 'known'; readonly checkpoint: Checkpoint; readonly position: Position }
  | { readonly is: 'copy'; readonly of: Tail }
  | { readonly is: 'unclear' }

/** Tells by its content, not by its name, which file it is. */
export class Identification {
  readonly #options: IdentificationOptions

  constructor(options: IdentificationOptions) {
    this.#options = options
  }

  /** @throws what reading throws */
  async identify(file: FoundFile, content: Content): Promise<Identity> {
    const { book, follower, once, fingerprintSize } = this.#options
    const head = await content.head(fingerprintSize)
    const { inode, size } = file.stat
    book.examine(inode, head)
    for (const checkpoint of book.candidates(head, inode)) {
      const tail = follower.of(checkpoint)
      if (tail && !follower.isOrphan(tail)) {
        if (once) continue
        const relation = await this.#compare(content, size, tail)
        if (relation === 'copy') return { is: 'copy', of: tail }
        if (relation === 'unclear') return { is: 'unclear' }
      } else if (this.#mayContinue(checkpoint, inode, content)) {
        const position = await continuation(content, size, tail?.passed ?? [checkpoint.position])
        if (position) return { is: 'known', checkpoint, position }
      }
    }
    return { is: 'new', head }
  }

  /**
   * A few bytes at the beginning are weak evidence: many files begin with the same line. They count in the same inode,
   * or when the content is known to have left its inode, or to have been compressed.
   */
  #mayContinue(checkpoint: Checkpoint, inode: string, content: Content): boolean {
    if (checkpoint.inode === inode) return !checkpoint.hasLostInode
    const isStrong = checkpoint.fingerprint.length >= this.#options.fingerprintSize
    return isStrong || checkpoint.hasLostInode || content.isCompressed
  }

  /** A file that begins like one that is followed: a copy of it, or another file with the same first lines. */
  async #compare(content: Content, size: number, tail: Tail): Promise<'copy' | 'other' | 'unclear'> {
    return (
      (await this.#withContent(tail, async (original) => {
        const stat = await original.stat()
        const head = await original.head(tail.checkpoint.fingerprint.length)
        const isIntact =
          original.isCompressed || (stat.size >= tail.offset && beginsWith(head, tail.checkpoint.fingerprint))
        if (!isIntact) return 'unclear'
        if (content.isCompressed || original.isCompressed) return 'copy'
        const end = Math.min(size, stat.size)
        const [one, other] = await Promise.all([bytesBefore(content, end), bytesBefore(original, end)])
        return one.equals(other) ? 'copy' : 'other'
      })) ?? 'unclear'
    )
  }

  async #withContent<Result>(tail: Tail, use: (content: Content) => Promise<Result>): Promise<Result | undefined> {
    if (tail.content) return use(tail.content)
    let content: Content | undefined
    try {
      content = await openContent(tail.path, this.#options.compression)
      return (await content.stat()).inode === tail.checkpoint.inode ? await use(content) : undefined
    } catch {
      return undefined
    } finally {
      await content?.close()
    }
  }
}

async function bytesBefore(content: Content, end: number): Promise<Buffer> {
  const length = Math.min(anchorLength, end)
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, await content.read(bytes, 0, length, end - length))
}

/** Where to go on in content that passed these positions, the last first; `undefined` if it is other content. */
async function continuation(
  content: Content,
  size: number,
  passed: readonly Position[],
): Promise<Position | undefined> {
  for (const [index, position] of passed.entries()) {
    const { offset, anchor } = position
    if (!content.isCompressed && offset > size) continue
    const bytes = Buffer.alloc(anchor.length)
    const count = await content.read(bytes, 0, anchor.length, offset - anchor.length)
    if (count < anchor.length) continue
    if (!beginsWith(bytes, anchor)) return undefined
    // A copy that was made before the last lines came: all of it has been read.
    return index === 0 || content.isCompressed ? position : positionAfter(await bytesBefore(content, size), size)
  }
  return undefined
}

/** The end of the last line that is complete in a file of `size` bytes, not farther back than a mebibyte. */
export async function endOfLines(
  content: Content,
  size: number,
  newlineBefore: (bytes: Buffer) => number,
): Promise<Position> {
  if (content.isCompressed) return endOfCompressed(content)
  const from = Math.max(0, size - (1 << 20)) & ~3
  const bytes = Buffer.alloc(size - from)
  const count = await content.read(bytes, 0, bytes.length, from)
  const end = newlineBefore(bytes.subarray(0, count))
  if (end > 0) return positionAfter(bytes.subarray(0, end), from + end)
  return from === 0 ? beginning : positionAfter(bytes.subarray(0, count), from + count)
}

async function endOfCompressed(content: Content): Promise<Position> {
  const bytes = Buffer.alloc(1 << 16)
  for (let position = beginning; ; ) {
    const count = await content.read(bytes, 0, bytes.length, position.offset)
    if (count === 0) return position
    position = positionAfter(bytes.subarray(0, count), position.offset + count)
  }
}

export const fingerprintOf = markOf
