import {
  checkAt,
  type FieldReader,
  fieldReader,
  type LogBatch,
  parseTemplate,
  type TemplatePart,
  textOf,
  WeirError,
} from '@weir/sdk'
import { partitionOf } from './partition.ts'

export interface RouterOptions {
  /** Where records go: text with fields in braces; `{partition}` is the partition. */
  template: string
  /** Key of the config that the template stands in. */
  key: string
  /** How many partitions there are. */
  partitions?: number | undefined
  /** Field by whose value a record has its partition. */
  partitionBy?: string | undefined
  /** Makes a field's text fit for its place, where not all text is. */
  token?(text: string): string
}

/** Records of one batch that go to one place. */
export interface Route {
  readonly destination: string
  readonly batch: LogBatch
}

/** Values of fields that are remembered with where they go. */
const maxKnown = 65_536
const mark = '{partition}'
/** Stands among the places of readers for the partition. */
const partitionPart = -1
/** Stands between values, and in none of them: fields are text. */
const separator = '\u0000'

const invalid = (message: string, hint: string, key: string) =>
  new WeirError(message, { code: 'WEIR_BROKER_PARTITIONS', hint, configPath: [key] })

/** Says where each record goes. */
export class Router {
  /** Fixed text, the place of a reader, or `partitionPart`. */
  readonly #parts: readonly (string | number)[]
  readonly #readers: readonly FieldReader[]
  readonly #partitions: number
  readonly #token: (text: string) => string
  /** Destinations by the values of the fields. */
  readonly #known = new Map<string, string>()

  /** @throws WeirError `WEIR_BROKER_PARTITIONS`, `WEIR_TEMPLATE_INVALID` */
  constructor({ template, key, partitions, partitionBy, token = (text) => text }: RouterOptions) {
    const hasMark = template.includes(mark)
    if (hasMark && (partitions === undefined || partitionBy === undefined)) {
      throw invalid(`${key} has a {partition}, and nothing says which`, 'set partitions and partition_by', key)
    }
    if (!hasMark && (partitions !== undefined || partitionBy !== undefined)) {
      const wanted = `write ${key}: ${template}.{partition}`
      const given = partitions === undefined ? 'partition_by' : 'partitions'
      throw invalid(`partitions are configured, and ${key} has no {partition}`, wanted, given)
    }
    this.#partitions = partitions ?? 1
    this.#token = token
    const readers: FieldReader[] = []
    const add = (reader: FieldReader): number => readers.push(reader) - 1
    this.#parts = checkAt([key], () => template.split(mark).map((text) => parseTemplate(text)))
      .flatMap((parts, index) => [...(index === 0 ? [] : [partitionPart]), ...parts])
      .map((part) => (typeof part === 'function' ? add(part) : part))
    if (partitionBy !== undefined) add(fieldReader(partitionBy))
    this.#readers = readers
  }

  /** The template with `*` for every field. */
  static pattern(template: string): string {
    return parseTemplate(template)
      .map((part: TemplatePart) => (typeof part === 'string' ? part : '*'))
      .join('')
  }

  /** The records of a batch by where they go, each group in order. */
  routes(batch: LogBatch): Route[] {
    if (this.#readers.length === 0) return [{ destination: this.#destination([]), batch }]
    const rows = new Map<string, number[]>()
    batch.forEach((record) => {
      const values = this.#readers.map((reader) => textOf(reader(record)))
      const known = values.join(separator)
      let destination = this.#known.get(known)
      if (destination === undefined) {
        destination = this.#destination(values)
        if (this.#known.size >= maxKnown) this.#known.clear()
        this.#known.set(known, destination)
      }
      const group = rows.get(destination)
      if (group === undefined) rows.set(destination, [record.row])
      else group.push(record.row)
    })
    return Array.from(rows, ([destination, selected]) => ({
      destination,
      batch: batch.select(Uint32Array.from(selected)),
    }))
  }

  #destination(values: readonly string[]): string {
    return this.#parts
      .map((part) => {
        if (typeof part === 'string') return part
        if (part === partitionPart) return partitionOf(values.at(-1) ?? '', this.#partitions)
        return this.#token(values[part] ?? '')
      })
      .join('')
  }
}
