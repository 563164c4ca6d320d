import type { Terminal } from '@weir/sdk'

const clearLine = '\r\u001b[K'

type Output = Pick<NodeJS.WriteStream, 'write'> & { readonly columns?: number }

/** The terminal, shared by what components write, the log, and a progress line that stays below it all. */
export class Screen implements Terminal {
  readonly #stream: Output
  readonly #showsProgress: boolean
  readonly #draw: (text: string) => void
  #progress = ''
  /** Someone has written a line that has not ended. */
  #isMidLine = false

  /** @param others what else shows on the same terminal, and is kept clear of the progress line */
  constructor(stream: Output, showsProgress: boolean, others: readonly Output[] = []) {
    this.#stream = stream
    this.#showsProgress = showsProgress
    const write = stream.write.bind(stream)
    this.#draw = (text) => write(text)
    if (showsProgress) for (const one of [stream, ...others]) this.#keepClear(one)
  }

  write(text: string): void {
    this.#stream.write(this.#progress === '' || text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Replaces the progress line; `''` removes it. */
  progress(text: string): void {
    if (!this.#showsProgress || text === this.#progress) return
    const width = this.#stream.columns || 80
    this.#progress = text.slice(0, width - 1)
    if (!this.#isMidLine) this.#draw(clearLine + this.#progress)
  }

  /** Whatever is written, by whomever: the progress line goes before it, and comes back below it. */
  #keepClear(stream: Output): void {
    stream.write = new Proxy(stream.write, {
      apply: (write, self, args) => {
        if (this.#progress !== '' && !this.#isMidLine) this.#draw(clearLine)
        const hasRoom = Reflect.apply(write, self, args)
        this.#isMidLine = !endsLine(args[0])
        if (this.#progress !== '' && !this.#isMidLine) this.#draw(this.#progress)
        return hasRoom
      },
    })
  }
}

const endsLine = (written: unknown): boolean =>
  typeof written === 'string' ? written.endsWith('\n') : written instanceof Uint8Array && written.at(-1) === 10
