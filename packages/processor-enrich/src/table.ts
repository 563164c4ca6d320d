import type { Buffer } from 'node:buffer'
import { WeirError } from '@weir/sdk'
import { parse } from 'csv-parse/sync'
import type { Found, Lookup } from './lookup.ts'

export interface TableOptions {
  readonly path: string
  readonly key_column: string
  /** Columns that become attributes; all but the key if there are none. */
  readonly columns: readonly string[]
  readonly prefix: string
  readonly separator: string
}

/**
 * A table in CSV (RFC 4180) with a header line, as a lookup by one of its columns. Of rows with the same key the last counts;
 * empty cells give no attribute.
 * @throws WeirError `WEIR_ENRICH_TABLE`
 */
export function readTable(bytes: Buffer, options: TableOptions): Lookup {
  const { key_column, columns, prefix } = options
  const [header = [], ...rows] = rowsOf(bytes, options)
  const keyAt = placeOf(key_column, header, options)
  const wanted = columns.length > 0 ? columns : header.filter((_, index) => index !== keyAt)
  const places = wanted.map((column) => [`${prefix}${column}`, placeOf(column, header, options)] as const)
  const found = new Map<string, Found>()
  for (const row of rows) {
    const cells = places.map(([name, at]) => [name, row[at] ?? ''] as const)
    found.set(
      row[keyAt] ?? '',
      cells.filter(([, cell]) => cell !== ''),
    )
  }
  return { find: (text) => found.get(text) ?? [] }
}

function rowsOf(bytes: Buffer, { path, separator }: TableOptions): string[][] {
  try {
    return parse(bytes, { bom: true, delimiter: separator, skip_empty_lines: true, trim: true })
  } catch (error) {
    throw new WeirError(`${path} is no table in CSV: ${error instanceof Error ? error.message : String(error)}`, {
      code: 'WEIR_ENRICH_TABLE',
      cause: error,
    })
  }
}

function placeOf(column: string, header: readonly string[], { path }: TableOptions): number {
  const at = header.indexOf(column)
  if (at >= 0) return at
  throw new WeirError(`${path} has no column ${JSON.stringify(column)}`, {
    code: 'WEIR_ENRICH_TABLE',
    hint: `its first line names ${header.join(', ') || 'none'}`,
  })
}
