import { stat, unlink } from 'node:fs/promises'
import { type Logger, messageOf } from '@weir/sdk'
import type { CheckpointBook } from './checkpoint-book.ts'
import { codeOf, type FileErrors } from './file-errors.ts'
import { fileStat } from './file-stat.ts'
import type { Tail } from './tail.ts'

const isTrue = () => true
const isFalse = () => false

/** Deletes files of which every line has been delivered, once nobody needs to read them again. */
export class FileRemoval {
  readonly #book: CheckpointBook
  readonly #errors: FileErrors
  readonly #logger: Logger
  readonly #underWay = new Map<Tail, Promise<void>>()
  readonly #closing = Promise.withResolvers<boolean>()
  /** What could not be deleted is not tried again before it changes. */
  readonly #failed = new WeakMap<Tail, number>()

  constructor(book: CheckpointBook, errors: FileErrors, logger: Logger) {
    this.#book = book
    this.#errors = errors
    this.#logger = logger
  }

  remove(tail: Tail): void {
    if (this.#underWay.has(tail) || this.#failed.get(tail) === tail.modifiedMs) return
    const removal = this.#remove(tail).finally(() => this.#underWay.delete(tail))
    this.#underWay.set(tail, removal)
  }

  /** Waits for what is being deleted, and for nothing to be stored any more: the next run deletes that. */
  async close(): Promise<void> {
    this.#closing.resolve(false)
    await Promise.all(this.#underWay.values())
  }

  async #remove(tail: Tail): Promise<void> {
    const { path, checkpoint } = tail
    try {
      if (!(await this.#isStored(tail))) return
      const { inode, size, modifiedMs } = fileStat(await stat(path, { bigint: true }))
      const isSame = inode === checkpoint.inode && size === tail.size && modifiedMs === tail.modifiedMs
      // A turn of its own will tell of what has changed.
      if (!isSame || !tail.isDelivered) return
      await unlink(path)
      // The next file with this content is another one. What a writer still adds to this one is read, as long as it is open.
      this.#book.forget(checkpoint)
      this.#logger.debug({ path }, `${path} was read and deleted`)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return
      this.#failed.set(tail, tail.modifiedMs)
      this.#errors.warn(path, 'delete', `cannot delete ${path}: ${messageOf(error)}; it stays, and is not read again`)
    }
  }

  /** Whether all that was sent of a file is stored, once that is known. */
  async #isStored(tail: Tail): Promise<boolean> {
    for (;;) {
      const { stored } = tail
      const isStored = await Promise.race([stored.then(isTrue, isFalse), this.#closing.promise])
      if (!isStored || stored === tail.stored) return isStored
    }
  }
}
