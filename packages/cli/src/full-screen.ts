import { printable } from '@weir/sdk'

const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const home = '\u001b[H'
const clearRight = '\u001b[K'
const clearBelow = '\u001b[J'
const control = { c: '\u0003', d: '\u0004' }

interface Keyboard extends NodeJS.ReadableStream {
  isTTY?: boolean
  setRawMode?(isRaw: boolean): void
}

interface Display extends NodeJS.WritableStream {
  rows?: number
}

/** The whole terminal, until `q`, Ctrl-C or a signal: redrawn in place, cut at its edges, and left as it was. */
export class FullScreen implements Disposable {
  readonly #input: Keyboard
  readonly #output: Display
  readonly #ended = Promise.withResolvers<false>()
  readonly #onKey = (key: Buffer) => {
    if (/^[qQ]$/.test(key.toString()) || [control.c, control.d].includes(key.toString())) this.#end()
  }
  readonly #end = () => this.#ended.resolve(false)
  readonly #redraw = () => this.draw(this.#lines)
  #lines: readonly string[] = []
  #note = ''

  constructor(input: Keyboard, output: Display) {
    this.#input = input
    this.#output = output
    output.write(enter)
    if (input.isTTY) input.setRawMode?.(true)
    input.on('data', this.#onKey).resume()
    output.on('resize', this.#redraw).on('error', this.#end)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, this.#end)
  }

  draw(lines: readonly string[]): void {
    this.#lines = lines
    this.#note = ''
    this.#write()
  }

  /** Says something below what was drawn. */
  note(text: string): void {
    this.#note = printable(text)
    this.#write()
  }

  /** Waits; false when it is over. */
  async goesOn(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<true>()
    const timer = setTimeout(resolve, ms, true)
    const goesOn = await Promise.race([promise, this.#ended.promise])
    clearTimeout(timer)
    return goesOn
  }

  [Symbol.dispose](): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#end)
    this.#output.off('resize', this.#redraw)
    this.#input.off('data', this.#onKey).pause()
    if (this.#input.isTTY) this.#input.setRawMode?.(false)
    this.#output.write(leave)
  }

  #write(): void {
    const rows = (this.#output.rows || 24) - 1
    const last = this.#note === '' ? 'q ends' : this.#note
    const shown = this.#lines.slice(0, rows - 1)
    const lines = [...shown, ...Array.from({ length: rows - shown.length }, () => ''), last]
    this.#output.write(home + lines.map((line) => line + clearRight).join('\r\n') + clearBelow)
  }
}
