import { Buffer } from 'node:buffer'
import { bodySlot, Cell, endOf, type FieldReader, fieldReader, kindOf, type LogBatch, Record, textOf } from '@weir/sdk'
import type { Mined, TemplateMiner } from './template-miner.ts'

/** Characters of a message that is no range of the batch's bytes. */
const maxText = 8192

/** Gives the message of a row to a miner: the bytes as they stand in the batch, where the field is such a range. */
export class MessageReader {
  readonly #miner: TemplateMiner
  readonly #read: FieldReader
  readonly #isBody: boolean
  readonly #copy = Buffer.alloc(maxText * 3 + 1)

  constructor(miner: TemplateMiner, field: string) {
    this.#miner = miner
    this.#read = fieldReader(field)
    this.#isBody = field === 'body'
  }

  /** `undefined` if the row has no message. */
  mine(batch: LogBatch, row: number): Mined | undefined {
    if (this.#isBody) {
      const at = (row * batch.stride + bodySlot) * 2
      const end = batch.cells[at + 1] ?? -1
      if (kindOf(end) === Cell.STRING) {
        const start = batch.cells[at] ?? 0
        return start === endOf(end) ? undefined : this.#miner.add(batch.bytes, start, endOf(end))
      }
    }
    const text = textOf(this.#read(new Record(batch).at(row)))
    if (text === '') return undefined
    const length = this.#copy.write(text.length > maxText ? text.slice(0, maxText) : text)
    this.#copy[length] = 10
    return this.#miner.add(this.#copy, 0, length)
  }
}
