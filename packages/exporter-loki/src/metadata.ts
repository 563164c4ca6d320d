import { type AttributeValue, type LogBatch, type Record, textOf } from '@weir/sdk'
import { LabelNames } from './label-name.ts'

interface Member {
  /** Column in which the record can have a value of its own; -1 for none. */
  readonly slot: number
  /** `"name":` */
  readonly key: string
  /** What all records of the batch have that have none of their own. */
  readonly shared: string | undefined
}

const jsonOf = (value: AttributeValue): string => JSON.stringify(textOf(value).toWellFormed())
/** Of what is no attribute. */
const ownNames = ['level', 'trace_id', 'span_id', 'event_name']

/** Structured metadata of the records of one batch: attributes, resource, level and trace, all of them text. */
export class Metadata {
  readonly #batch: LogBatch
  readonly #members: Member[] = []

  constructor(batch: LogBatch) {
    this.#batch = batch
    const names = new LabelNames(ownNames)
    const shared = new Map(Object.entries(batch.attributes))
    for (const { name, slot } of batch.layout.attributes) {
      this.#add(names.add(name), slot, shared.get(name))
      shared.delete(name)
    }
    for (const [name, value] of shared) this.#add(names.add(name), -1, value)
    for (const [name, value] of Object.entries(batch.resource)) this.#add(names.add(name), -1, value)
  }

  #add(name: string, slot: number, value: AttributeValue | undefined): void {
    this.#members.push({ slot, key: `"${name}":`, shared: value === undefined ? undefined : jsonOf(value) })
  }

  /** A JSON object. */
  of(record: Record): string {
    let text = ''
    const add = (name: string, value: string | undefined) => {
      if (value !== undefined && value !== '') text += `${text === '' ? '' : ','}"${name}":${jsonOf(value)}`
    }
    add('level', record.severityText.toLowerCase())
    add('trace_id', record.traceId)
    add('span_id', record.spanId)
    add('event_name', record.eventName)
    for (const { slot, key, shared } of this.#members) {
      const own = slot < 0 ? undefined : this.#batch.value(record.row, slot)
      const value = own === undefined ? shared : jsonOf(own)
      if (value !== undefined) text += `${text === '' ? '' : ','}${key}${value}`
    }
    return `{${text}}`
  }
}
