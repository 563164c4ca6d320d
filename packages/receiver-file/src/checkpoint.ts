import type { AttributeValue } from '@weir/sdk'
import type { Mark, Position } from './mark.ts'
import type { Trail } from './trail.ts'

/** What is kept of a file: how to know it again, and how far its lines have been delivered. */
export interface Checkpoint {
  /** Names the content, whatever the file is called by now; also the id of its source. */
  readonly id: string
  /** Path under which it was first seen. */
  readonly path: string
  /** Device and inode where it was last seen. */
  inode: string
  /** The first bytes, as many as there were and `fingerprint_size` allows. */
  fingerprint: Mark
  /** Everything before it has been delivered. */
  position: Position
  readonly trail: Trail
  /** The inode was seen with other content: the file was truncated, and what it held may live on in a copy. */
  hasLostInode: boolean
  /** Last time that it was there, Unix epoch in milliseconds. */
  seenMs: number
}

const version = 1

export const checkpointValue = (checkpoint: Checkpoint): AttributeValue => {
  const { path, inode, fingerprint, position, trail, hasLostInode, seenMs } = checkpoint
  return {
    version,
    path,
    inode,
    fingerprint: [fingerprint.length, fingerprint.digest],
    offset: position.offset,
    anchor: [position.anchor.length, position.anchor.digest],
    trail: trail.map(({ offset, anchor }) => [offset, anchor.length, anchor.digest]),
    hasLostInode,
    seenMs: Math.round(seenMs),
  }
}

const mark = (value: AttributeValue | undefined): Mark | undefined => {
  if (!Array.isArray(value)) return undefined
  const [length, digest] = value
  return isOffset(length) && typeof digest === 'string' ? { length, digest } : undefined
}

/** Places that cannot be read are left out: without them, a copy is at worst read again. */
const trailOf = (value: AttributeValue | undefined): Trail =>
  (Array.isArray(value) ? value : []).flatMap((place) => {
    if (!Array.isArray(place)) return []
    const [offset, ...rest] = place
    const anchor = mark(rest)
    return isOffset(offset) && anchor ? [{ offset, anchor }] : []
  })

const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** The checkpoint that a value of the state holds; `undefined` if it is none, or of another version. */
export function readCheckpoint(id: string, value: AttributeValue | undefined): Checkpoint | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value.version !== version) return undefined
  const { path, inode, offset, hasLostInode, seenMs } = value
  const fingerprint = mark(value.fingerprint)
  const anchor = mark(value.anchor)
  if (typeof path !== 'string' || typeof inode !== 'string' || !fingerprint || !anchor || !isOffset(offset))
    return undefined
  return {
    id,
    path,
    inode,
    fingerprint,
    position: { offset, anchor },
    trail: trailOf(value.trail),
    hasLostInode: hasLostInode === true,
    seenMs: typeof seenMs === 'number' ? seenMs : 0,
  }
}
