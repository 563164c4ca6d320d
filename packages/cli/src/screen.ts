import type { Terminal } from '@weir/sdk'

const clearLine = '\r\u001b[K'

/** The process's output, shared by what components write and a progress line that stays below it. */
export class Screen implements Terminal {
  readonly #stream: NodeJS.WriteStream
  readonly #showsProgress: boolean
  #progress = ''

  constructor(stream: NodeJS.WriteStream, showsProgress: boolean) {
    this.#stream = stream
    this.#showsProgress = showsProgress
  }

  write(text: string): void {
    if (this.#progress === '') this.#stream.write(text)
    else this.#stream.write(`${clearLine}${text}${text.endsWith('\n') ? '' : '\n'}${this.#progress}`)
  }

  /** Replaces the progress line; `''` removes it. */
  progress(text: string): void {
    if (!this.#showsProgress || text === this.#progress) return
    const width = this.#stream.columns || 80
    this.#progress = text.slice(0, width - 1)
    this.#stream.write(clearLine + this.#progress)
  }
}
