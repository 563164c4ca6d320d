/** The fields of a record that are columns and not attributes. */
export type FieldName = 'severityText' | 'traceId' | 'spanId' | 'flags' | 'eventName'

/** Slot of the line as it came. */
export const lineSlot = 0
/** Slot of the body. */
export const bodySlot = 1

export interface Column {
  readonly slot: number
  readonly name: string
  /** An attribute, or one of OTel's own fields. */
  readonly isAttribute: boolean
}

export interface AttributeColumn extends Column {
  readonly isAttribute: true
  /** Its place among the attribute columns. */
  readonly index: number
}

interface KnownColumn extends AttributeColumn {
  /** Which was asked for after it. */
  next: KnownColumn | undefined
}

/** The same text as the engine keeps names: comparing it with a name that a plugin wrote down compares two addresses. */
const internalized = (text: string): string => Object.keys({ [text]: true })[0] ?? text

/** Columns beyond which a batch begins no further row, so that random keys cannot make it grow without bound. */
const maxColumns = 256

/**
 * Which columns a batch has, and in which slot of a row each stands. Append-only, and shared by the batches that one
 * parser makes: what is learnt from the first record is there for the next batch. A batch made before a column was
 * added simply has no value there.
 */
export class Layout {
  readonly columns: Column[] = [
    { slot: lineSlot, name: 'line', isAttribute: false },
    { slot: bodySlot, name: 'body', isAttribute: false },
  ]
  /** Attribute columns alone, in the order in which they were added. */
  readonly attributes: AttributeColumn[] = []
  readonly #attributes = new Map<string, KnownColumn>()
  readonly #fieldSlots = new Map<FieldName, number>()
  /** Where the attribute stood that was added last: records have theirs in the same order, so the next one follows. */
  #last = -1
  /** The attribute that was asked for last: records are asked the same in the same order, so the next one follows. */
  #asked: KnownColumn | undefined

  /** A layout whose attributes stand in the slots 2, 3, … in this order. */
  static of(...attributes: string[]): Layout {
    const layout = new Layout()
    for (const name of attributes) layout.addAttribute(name)
    return layout
  }

  get size(): number {
    return this.columns.length
  }

  /** Whether it has so many columns that the next batch should begin with a new layout. */
  get isCrowded(): boolean {
    return this.columns.length > maxColumns
  }

  /** The slot of an attribute, or -1. */
  attribute(name: string): number {
    const guess = this.#asked?.next
    const column = guess?.name === name ? guess : this.#attributes.get(name)
    if (column === undefined) return -1
    if (this.#asked !== undefined) this.#asked.next = column
    this.#asked = column
    return column.slot
  }

  /** The slot of an attribute, which is added if it is new. */
  addAttribute(name: string): number {
    const next = this.#last + 1
    const guess = this.attributes[next < this.attributes.length ? next : 0]
    const column = guess?.name === name ? guess : this.#findOrAdd(name)
    this.#last = column.index
    return column.slot
  }

  #findOrAdd(name: string): AttributeColumn {
    const known = this.#attributes.get(name)
    if (known !== undefined) return known
    const column: KnownColumn = {
      slot: this.columns.length,
      index: this.attributes.length,
      name: internalized(name),
      isAttribute: true,
      next: undefined,
    }
    this.columns.push(column)
    this.attributes.push(column)
    this.#attributes.set(name, column)
    return column
  }

  /** The slot of a field, or -1. */
  field(name: FieldName): number {
    return this.#fieldSlots.get(name) ?? -1
  }

  /** The slot of a field, which is added if it is new. */
  addField(name: FieldName): number {
    const known = this.#fieldSlots.get(name)
    if (known !== undefined) return known
    const slot = this.columns.length
    this.columns.push({ slot, name, isAttribute: false })
    this.#fieldSlots.set(name, slot)
    return slot
  }
}
