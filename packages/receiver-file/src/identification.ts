import { Buffer } from 'node:buffer'
import type { Checkpoint } from './checkpoint.ts'
import type { CheckpointBook } from './checkpoint-book.ts'
import type { Compression, Content } from './content.ts'
import type { FileStat } from './file-stat.ts'
import type { FoundFile } from './finder.ts'
import type { Follower } from './follower.ts'
import { anchorLength, beginning, beginsWith, type Position, positionAfter, tellingLength } from './mark.ts'
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
 * What a file that is not followed turns out to be: content that is new; known, to be read on from its checkpoint; known
 * and passed already, up to a position; a copy of a file that is followed; not to be told before `of` has been read; or the
 * heir of a deleted file, which has to wait until that is let go.
 */
export type Identity =
  | { readonly is: 'new' | 'copy'; readonly head: Buffer }
  | { readonly is: 'known'; readonly checkpoint: Checkpoint }
  | { readonly is: 'passed'; readonly head: Buffer; readonly position: Position }
  | { readonly is: 'unclear'; readonly of: Tail }
  | { readonly is: 'heir' }

/** Tells by its content, not by its name, which file it is. */
export class Identification {
  readonly #options: IdentificationOptions

  constructor(options: IdentificationOptions) {
    this.#options = options
  }

  /** @throws what reading throws */
  async identify(file: FoundFile, content: Content): Promise<Identity> {
    const { book, follower, once, fingerprintSize } = this.#options
    const known = await content.head(Math.max(fingerprintSize, book.longestFingerprint))
    const head = known.subarray(0, fingerprintSize)
    const { inode, size } = file.stat
    book.examine(inode, known)
    for (const checkpoint of book.candidates(known, inode)) {
      const tail = follower.of(checkpoint)
      if (tail && !follower.isOrphan(tail)) {
        if (once) continue
        const relation = await this.#compare(content, size, tail)
        if (relation === 'copy') return { is: 'copy', head }
        if (relation === 'unclear') return { is: 'unclear', of: tail }
        if (relation === 'heir') return { is: 'heir' }
      } else if (this.#mayContinue(checkpoint, inode, content)) {
        const passed = tail?.passed ?? [checkpoint.position, ...checkpoint.trail.toReversed()]
        const position = await continuation(content, size, passed)
        if (position === 'cut') return { is: 'copy', head }
        if (position === passed[0]) return { is: 'known', checkpoint }
        if (position) return { is: 'passed', head, position }
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
    const { length } = checkpoint.fingerprint
    return length > 0 && (length >= this.#options.fingerprintSize || checkpoint.hasLostInode || content.isCompressed)
  }

  /** A file that begins like one that is followed: a copy of it, or another file with the same first lines. */
  async #compare(content: Content, size: number, tail: Tail): Promise<'copy' | 'other' | 'unclear' | 'heir'> {
    const { fingerprint } = tail.checkpoint
    if (fingerprint.length === 0) return 'other'
    const relation = await this.#withContent(tail, async (original) => {
      const stat = await original.stat()
      const isIntact = async ({ size: held }: FileStat) =>
        original.isCompressed ||
        (held >= tail.offset && beginsWith(await original.head(fingerprint.length), fingerprint))
      if (!(await isIntact(stat))) return 'unclear'
      // Deleted, or replaced by a file that goes on with what it held: when it is let go, the file takes its place.
      const isGone = stat.links === 0 && fingerprint.length >= tellingLength
      if (isGone && (await continuation(content, size, tail.passed))) return 'heir'
      if (content.isCompressed || original.isCompressed) return 'copy'
      // A copy is never ahead of its original.
      if (size > stat.size) return 'other'
      const [one, other] = await Promise.all([bytesBefore(content, size), bytesBefore(original, size)])
      if (one.equals(other)) return 'copy'
      // It may have been truncated between two reads.
      return (await isIntact(await original.stat())) ? 'other' : 'unclear'
    })
    return relation ?? 'unclear'
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

/**
 * Where to go on in content that passed these positions, the last first; `undefined` if it is other content, `cut` if it
 * is compressed and its rest has not come yet.
 */
async function continuation(
  content: Content,
  size: number,
  passed: readonly Position[],
): Promise<Position | 'cut' | undefined> {
  for (const [index, position] of passed.entries()) {
    const { offset, anchor } = position
    if (!content.isCompressed && offset > size) continue
    const bytes = Buffer.alloc(anchor.length)
    const count = await content.read(bytes, 0, anchor.length, offset - anchor.length)
    if (count < anchor.length) continue
    if (!beginsWith(bytes, anchor)) return undefined
    if (index === 0) return position
    // A copy that was made before the last lines came: all of it has been read.
    if (!content.isCompressed) return positionAfter(await bytesBefore(content, size), size)
    const end = await endOfCompressed(content, position)
    return content.isCut ? 'cut' : end
  }
  return content.isCut ? 'cut' : undefined
}

/** The end of the last line that is complete in a file of `size` bytes, not farther back than a mebibyte. */
export async function endOfLines(
  content: Content,
  size: number,
  endOfLinesIn: (bytes: Buffer) => number,
): Promise<Position> {
  if (content.isCompressed) return endOfCompressed(content)
  const longest = 1 << 20
  // On a boundary of every unit that an encoding may have.
  const from = Math.max(0, size - longest - (size % 4))
  const bytes = Buffer.alloc(size - from)
  const count = await content.read(bytes, 0, bytes.length, from)
  const end = endOfLinesIn(bytes.subarray(0, count))
  if (end > 0) return positionAfter(bytes.subarray(0, end), from + end)
  return from === 0 ? beginning : positionAfter(bytes.subarray(0, count), from + count)
}

async function endOfCompressed(content: Content, from = beginning): Promise<Position> {
  const bytes = Buffer.alloc(1 << 16)
  for (let position = from; ; ) {
    const count = await content.read(bytes, 0, bytes.length, position.offset)
    if (count === 0) return position
    position = positionAfter(bytes.subarray(0, count), position.offset + count)
  }
}
