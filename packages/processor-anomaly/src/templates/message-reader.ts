import { Buffer } from 'node:buffer'
import { bodySlot, Cell, endOf, type FieldReader, fieldReader, kindOf, type LogBatch, Record, textOf } from '@weir/sdk'
import { AccessMessage } from './access-message.ts'
import type { Template } from './template.ts'
import type { Mined, TemplateMiner } from './template-miner.ts'

/** Combinations of method and status that are remembered: the usual ones, and some nonsense. */
const maxAccessTemplates = 256

/** Characters of a message that is no range of the batch's bytes. */
const maxText = 8192

/** Gives the message of a row to a miner: the bytes as they stand in the batch, where the field is such a range. */
export class MessageReader {
  readonly #miner: TemplateMiner
  readonly #read: FieldReader
  readonly #isBody: boolean
  readonly #access = new AccessMessage()
  /** Templates of lines of access logs, by their key, as long as the miner's templates are the same. */
  readonly #accessTemplates = new Map<number, Template>()
  #generation = -1
  #lastKey = -1
  #lastTemplate: Template | undefined
  #copy = Buffer.alloc(0)

  constructor(miner: TemplateMiner, field: string) {
    this.#miner = miner
    this.#read = fieldReader(field)
    this.#isBody = field === 'body'
  }

  /** `undefined` if the row has no message. */
  mine(batch: LogBatch, row: number): Mined | undefined {
    if (this.#isBody) {
      const key = this.#access.keyOf(batch, row)
      if (key >= 0) return this.#mineAccess(key, batch, row)
      const at = (row * batch.stride + bodySlot) * 2
      const end = batch.cells[at + 1] ?? -1
      if (kindOf(end) === Cell.STRING) {
        const start = batch.cells[at] ?? 0
        return start === endOf(end) ? undefined : this.#miner.add(batch.bytes, start, endOf(end))
      }
    }
    const text = textOf(this.#read(new Record(batch).at(row)))
    return text === '' ? undefined : this.#mineText(text)
  }

  #mineAccess(key: number, batch: LogBatch, row: number): Mined {
    const { generation } = this.#miner
    if (generation !== this.#generation) {
      this.#generation = generation
      this.#accessTemplates.clear()
      this.#lastKey = -1
    }
    const known = key === this.#lastKey ? this.#lastTemplate : this.#accessTemplates.get(key)
    if (known !== undefined) {
      this.#lastKey = key
      this.#lastTemplate = known
      return this.#miner.count(known)
    }
    const mined = this.#miner.addNamed(key, this.#access.textOf(batch, row))
    if (this.#accessTemplates.size >= maxAccessTemplates) this.#accessTemplates.clear()
    this.#accessTemplates.set(key, mined.template)
    return mined
  }

  #mineText(text: string): Mined {
    const message = text.length > maxText ? text.slice(0, maxText) : text
    const needed = message.length * 3 + 1
    if (this.#copy.length < needed) this.#copy = Buffer.alloc(needed * 2)
    const length = this.#copy.write(message)
    this.#copy[length] = 10
    return this.#miner.add(this.#copy, 0, length)
  }
}
