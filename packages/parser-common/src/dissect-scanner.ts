import { Cell, type Layout, LineDissector, type LogBatch, lineWords } from '@weir/sdk'
import type { Key } from './key-table.ts'
import type { KeyedColumns } from './keyed-columns.ts'
import type { LineScanner } from './line-scanner.ts'
import { page } from './page.ts'
import { Role, type Roles } from './well-known-keys.ts'

/** Lines whose fields stand between texts that are always there. */
export class DissectScanner implements LineScanner {
  readonly #columns: KeyedColumns
  readonly #lines: LineDissector
  #keysOf: KeyedColumns['keys'] | undefined
  #keys: readonly Key[] = []

  /** @throws WeirError `WEIR_DISSECT_INVALID` */
  constructor(pattern: string, roles: Roles, columns: KeyedColumns) {
    this.#columns = columns
    this.#lines = new LineDissector(pattern, ({ name, isText }) => !isText && roles.of(name).role === Role.ATTRIBUTE)
  }

  get layout(): Layout {
    const { layout, keys } = this.#columns
    if (this.#keysOf !== keys) {
      this.#keysOf = keys
      this.#keys = this.#lines.fields.map(({ name }) => keys.of(name))
    }
    return layout
  }

  scan(from: number, to: number, batch: LogBatch): number {
    const lines = this.#lines
    let at = from
    while (at < to && !batch.isFull) {
      at = lines.scan(page, at, to)
      for (let line = 0; line < lines.count; line++) {
        if (batch.isFull) return lines.lines[line * lines.width] ?? at
        this.#addRow(batch, lines.lines, line * lines.width)
      }
    }
    return at
  }

  #addRow(batch: LogBatch, words: Int32Array, at: number): void {
    const columns = this.#columns
    const keys = this.#keys
    const end = words[at + 1] ?? 0
    const row = columns.begin(batch, words[at] ?? 0)
    if (words[at + 2] === 0) {
      columns.refuse(batch, row, end)
      return
    }
    for (let field = 0; field < keys.length; field++) {
      const key = keys[field]
      const a = words[at + lineWords + field * 2] ?? 0
      const b = words[at + lineWords + field * 2 + 1] ?? Cell.ABSENT
      if (key !== undefined && b !== Cell.ABSENT) columns.set(batch, row, key, a, b)
    }
    columns.end(batch, row, end)
  }
}
