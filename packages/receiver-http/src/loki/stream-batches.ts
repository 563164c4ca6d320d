import { Buffer } from 'node:buffer'
import { type AttributeMap, attributeMap, LogBatch, Record, severityOf } from '@weir/sdk'
import type { Labels } from './labels.ts'

export interface StreamBatchesOptions {
  readonly source: string
  readonly observedTime: number
  readonly attributes: AttributeMap
  readonly resource: AttributeMap
}

/** Offsets of a line. */
export interface LineRange {
  readonly start: number
  readonly end: number
}

const maxRows = 4096
const levelNames = ['level', 'detected_level', 'severity', 'lvl', 'loglevel']

/** Makes batches of the streams of one push: labels are attributes of a batch, since all of its records have them. */
export class StreamBatches {
  readonly batches: LogBatch[] = []
  readonly #options: StreamBatchesOptions
  #attributes: AttributeMap = attributeMap()
  #bytes: Buffer = Buffer.alloc(0)
  #severity = 0
  #entriesLeft = 0
  #record: Record | undefined

  constructor(options: StreamBatchesOptions) {
    this.#options = options
  }

  /** Begins a stream of so many entries, whose lines are in these bytes. */
  begin(labels: Labels, bytes: Buffer, entries: number): void {
    const { attributes } = this.#options
    this.#attributes = Object.freeze(attributeMap([...Object.entries(attributes), ...labels]))
    this.#bytes = bytes
    this.#severity = severityIn(labels)
    this.#entriesLeft = entries
    this.#record = undefined
  }

  /** Adds an entry, its line as a range of the bytes or as text, with its time. @returns its record */
  add(line: LineRange | string, timeMs: number, remainderNs: number): Record {
    let record = this.#record
    if (record === undefined || record.batch.isFull) {
      record = new Record(this.#batch())
      this.#record = record
    }
    this.#entriesLeft--
    const { batch } = record
    record.at(typeof line === 'string' ? batch.addRow() : batch.addLine(line.start, line.end))
    if (typeof line === 'string') record.body = line
    record.time = timeMs
    record.timeRemainder = remainderNs
    if (this.#severity > 0) record.severityNumber = this.#severity
    return record
  }

  #batch(): LogBatch {
    const { source, observedTime, resource } = this.#options
    const capacity = Math.max(1, Math.min(maxRows, this.#entriesLeft))
    const batch = new LogBatch({ source, observedTime, resource, attributes: this.#attributes, capacity })
    batch.bytes = this.#bytes
    this.batches.push(batch)
    return batch
  }

  /** Adds what one entry alone has. */
  addMetadata(record: Record, metadata: Labels): void {
    const severity = severityIn(metadata)
    if (severity > 0) record.severityNumber = severity
    for (const [name, value] of metadata) record.attributes.set(name, value)
  }
}

function severityIn(labels: Labels): number {
  for (const [name, value] of labels) if (levelNames.includes(name)) return severityOf(value)
  return 0
}
