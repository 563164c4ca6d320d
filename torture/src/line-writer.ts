import { appendFileSync, closeSync, copyFileSync, openSync, renameSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from './random.ts'

export type Rotation = 'none' | 'rename' | 'copytruncate' | 'mixed'

const beginning = Date.UTC(2026, 0, 5)
/** Event time between two lines. */
const stepMs = 20
/** Lines of one kind of traffic, before the next incident. */
const episode = 6000

/** The text of a line: ordinary traffic, with incidents that depend on the number alone. */
function lineOf(number: number): string {
  const time = new Date(beginning + number * stepMs).toISOString()
  const phase = number % episode
  const incident = Math.floor(number / episode)
  const isBurst = incident > 0 && phase < 400
  const level = isBurst && number % 3 === 0 ? 'error' : 'info'
  const message =
    incident > 0 && phase === 700
      ? `${words[incident % words.length]} of shard ${words[(incident * 7 + 3) % words.length]} exhausted`
      : `request ${number} handled in ${(number * 37) % 90} ms`
  return JSON.stringify({ time, level, message, number })
}

const words = [
  ...['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot', 'golf', 'hotel', 'india', 'juliett', 'kilo', 'lima'],
  ...['mike', 'november', 'oscar', 'papa', 'quebec', 'romeo', 'sierra', 'tango', 'uniform', 'victor', 'whiskey'],
]

/** Writes numbered lines as a service and logrotate would, and all of them into one file for the run without a kill. */
export class LineWriter {
  readonly #folder: string
  readonly #rotation: Rotation
  readonly #random: Random
  readonly #whole: number
  readonly #publish: ((text: string) => Promise<void>) | undefined
  #rotations = 0
  #count = 0

  constructor(
    folder: string,
    wholePath: string,
    rotation: Rotation,
    random: Random,
    publish?: (text: string) => Promise<void>,
  ) {
    this.#folder = folder
    this.#rotation = rotation
    this.#random = random
    this.#publish = publish
    this.#whole = openSync(wholePath, 'a')
  }

  /** Lines that have been written. */
  get count(): number {
    return this.#count
  }

  get rotations(): number {
    return this.#rotations
  }

  get #path(): string {
    return join(this.#folder, 'app.log')
  }

  async write(lines: number): Promise<void> {
    let text = ''
    for (let number = 0; number < lines; number++) text += `${lineOf(this.#count++)}\n`
    if (this.#publish !== undefined) {
      await this.#publish(text)
      writeSync(this.#whole, text)
      return
    }
    // Some writes end in the middle of a line.
    const cut = this.#random.chance(0.3) ? Math.floor(this.#random.between(1, text.length)) : text.length
    appendFileSync(this.#path, text.slice(0, cut))
    if (cut < text.length) appendFileSync(this.#path, text.slice(cut))
    writeSync(this.#whole, text)
  }

  rotate(): void {
    if (this.#rotation === 'none' || this.#count === 0) return
    const aside = join(this.#folder, `app.log.${String(++this.#rotations).padStart(5, '0')}`)
    const way = this.#rotation === 'mixed' ? this.#random.pick(['rename', 'copytruncate']) : this.#rotation
    if (way === 'rename') {
      renameSync(this.#path, aside)
      appendFileSync(this.#path, '')
    } else {
      copyFileSync(this.#path, aside)
      truncateSync(this.#path)
    }
  }

  close(): void {
    closeSync(this.#whole)
  }
}
