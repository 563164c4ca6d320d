import { STATUS_CODES } from 'node:http'
import { bodySlot, Cell, endOf, kindOf, type Layout, type LogBatch, lineSlot } from '@weir/sdk'

/**
 * Lines of access logs have no message: their body is the whole line, and all of it is in attributes. What tells their
 * kinds apart is the method and the status, so that the first `502` or the first `PROPFIND` ever is what is new about
 * them, and not another browser.
 */
export class AccessMessage {
  #layout: Layout | undefined
  #size = -1
  #method = -1
  #status = -1

  /** A number for the method and the status of a row, or -1 if it is no line of an access log. */
  keyOf(batch: LogBatch, row: number): number {
    if (batch.layout !== this.#layout || batch.layout.size !== this.#size) this.#look(batch.layout)
    const { stride, cells, bytes } = batch
    if (this.#method < 0 || this.#status < 0 || this.#method >= stride || this.#status >= stride) return -1
    const at = row * stride * 2
    const methodEnd = cells[at + this.#method * 2 + 1] ?? -1
    if (kindOf(methodEnd) !== Cell.STRING || cells[at + this.#status * 2 + 1] !== Cell.INTEGER) return -1
    const isWholeLine =
      cells[at + bodySlot * 2] === cells[at + lineSlot * 2] &&
      cells[at + bodySlot * 2 + 1] === cells[at + lineSlot * 2 + 1]
    if (!isWholeLine) return -1
    const start = cells[at + this.#method * 2] ?? 0
    const status = cells[at + this.#status * 2] ?? 0
    // Two letters and the length tell all methods apart that are registered.
    const letters = ((bytes[start] ?? 0) << 12) | ((bytes[start + 1] ?? 0) << 4) | ((methodEnd - start) & 15)
    return letters * 1000 + (status % 1000)
  }

  /** What a row that has a key is called: `GET <path> 404 Not Found`. */
  textOf(batch: LogBatch, row: number): string {
    const { stride, cells, bytes } = batch
    const at = row * stride * 2
    const start = cells[at + this.#method * 2] ?? 0
    const status = cells[at + this.#status * 2] ?? 0
    const method = bytes.toString('latin1', start, endOf(cells[at + this.#method * 2 + 1] ?? 0))
    return `${method} <path> ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  }

  #look(layout: Layout): void {
    this.#layout = layout
    this.#size = layout.size
    this.#method = layout.attribute('http.request.method')
    this.#status = layout.attribute('http.response.status_code')
  }
}
