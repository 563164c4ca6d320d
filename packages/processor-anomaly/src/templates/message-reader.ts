import { Buffer } from 'node:buffer'
import { bodySlot, Cell, endOf, type FieldReader, fieldReader, kindOf, type LogBatch, Record, textOf } from '@weir/sdk'
import { AccessMessage } from './access-message.ts'
import type { CustomMasks } from './custom-masks.ts'
import { Template } from './template.ts'
import type { Mined, TemplateMiner } from './template-miner.ts'

/** Combinations of method and status that are remembered, and how many bits of a hash are left over by that. */
const accessSlots = 128
const accessShift = 25

/** Characters of a message that is no range of the batch's bytes. */
const maxText = 8192

/** Gives the message of a row to a miner: the bytes as they stand in the batch, where the field is such a range. */
export class MessageReader {
  readonly #miner: TemplateMiner
  readonly #read: FieldReader
  readonly #isBody: boolean
  readonly #access = new AccessMessage()
  /** Templates of lines of access logs, by their key, as long as the miner's templates are the same. */
  readonly #accessKeys = new Int32Array(accessSlots).fill(-1)
  readonly #accessTemplates: Template[] = Array.from({ length: accessSlots }, () => Template.other())
  #generation = -1
  #copy = Buffer.alloc(0)

  readonly #masks: CustomMasks | undefined

  constructor(miner: TemplateMiner, field: string, masks?: CustomMasks) {
    this.#miner = miner
    this.#masks = masks
    this.#read = fieldReader(field)
    this.#isBody = field === 'body'
  }

  /** `undefined` if the row has no message. */
  mine(batch: LogBatch, row: number): Mined | undefined {
    const mined = this.#mine(batch, row)
    if (mined === undefined) return undefined
    const { template } = mined
    const time = batch.time[row] ?? Number.NaN
    const silence = time - template.lastTime
    mined.silence = Number.isNaN(silence) ? 0 : silence
    template.seenAt(time)
    return mined
  }

  #mine(batch: LogBatch, row: number): Mined | undefined {
    if (this.#isBody) {
      const key = this.#access.keyOf(batch, row)
      if (key >= 0) return this.#mineAccess(key, batch, row)
      const at = (row * batch.stride + bodySlot) * 2
      const end = batch.cells[at + 1] ?? -1
      if (this.#masks === undefined && kindOf(end) === Cell.STRING) {
        const start = batch.cells[at] ?? 0
        return start === endOf(end) ? undefined : this.#miner.add(batch.bytes, start, endOf(end))
      }
    }
    const text = textOf(this.#read(new Record(batch).at(row)))
    return text === '' ? undefined : this.#mineText(text)
  }

  #mineAccess(key: number, batch: LogBatch, row: number): Mined {
    const miner = this.#miner
    if (miner.generation !== this.#generation) {
      this.#generation = miner.generation
      this.#accessKeys.fill(-1)
    }
    const slot = Math.imul(key, 0x9e37_79b1) >>> accessShift
    const known = this.#accessTemplates[slot]
    if (this.#accessKeys[slot] === key && known !== undefined) return miner.count(known)
    const mined = miner.addNamed(key, this.#access.textOf(batch, row))
    this.#accessKeys[slot] = key
    this.#accessTemplates[slot] = mined.template
    return mined
  }

  #mineText(text: string): Mined {
    const cut = text.length > maxText ? text.slice(0, maxText) : text
    const message = this.#masks === undefined ? cut : this.#masks.apply(cut)
    const needed = message.length * 3 + 1
    if (this.#copy.length < needed) this.#copy = Buffer.alloc(needed * 2)
    const length = this.#copy.write(message)
    this.#copy[length] = 10
    return this.#miner.add(this.#copy, 0, length)
  }
}
