import { Buffer } from 'node:buffer'
import { closeSync, existsSync, openSync, readSync } from 'node:fs'

/** What a sink has seen of the numbered lines. */
export class Tally {
  readonly #seen = new Map<number, number>()
  /** Lines of the sink that a kill has torn. */
  torn = 0

  add(number: number): void {
    this.#seen.set(number, (this.#seen.get(number) ?? 0) + 1)
  }

  /** Records of a body `{ "records": [...] }`. */
  addBody(body: string): void {
    for (const { attributes } of JSON.parse(body).records) this.add(attributes.number)
  }

  addFile(path: string): void {
    this.torn += eachLine(path, ({ attributes }) => this.add(attributes.number))
  }

  /** How many of the lines from 0 to `count` are missing, came more than once, or were never written. */
  against(count: number): { lost: number[]; duplicates: number; unknown: number } {
    const lost: number[] = []
    for (let number = 0; number < count; number++) if (!this.#seen.has(number)) lost.push(number)
    let duplicates = 0
    let unknown = 0
    for (const [number, times] of this.#seen) {
      duplicates += times - 1
      if (!(number >= 0 && number < count)) unknown++
    }
    return { lost, duplicates, unknown }
  }
}

/** The alerts of a file: their content by id, and how many came again. */
export function alertsOf(path: string): { byId: Map<string, string>; repeats: number; conflicts: string[] } {
  const byId = new Map<string, string>()
  const conflicts: string[] = []
  let repeats = 0
  eachLine(path, ({ observedTime: _, ...alert }) => {
    const id = alert.attributes['alert.id']
    const text = JSON.stringify(alert)
    const known = byId.get(id)
    if (known !== undefined) repeats++
    if (known !== undefined && known !== text) conflicts.push(`${known}\n${text}`)
    byId.set(id, text)
  })
  return { byId, repeats, conflicts }
}

// biome-ignore lint/suspicious/noExplicitAny: lines of our own making
function eachLine(path: string, see: (line: any) => void): number {
  let torn = 0
  for (const line of linesOf(path)) {
    if (line === '') continue
    let parsed: unknown
    try {
      parsed = JSON.parse(line)
    } catch {
      torn++
      continue
    }
    see(parsed)
  }
  return torn
}

/** The lines of a file of any size. */
function* linesOf(path: string): Generator<string> {
  if (!existsSync(path)) return
  const file = openSync(path, 'r')
  const block = Buffer.alloc(1 << 20)
  let rest = Buffer.alloc(0)
  for (let size = readSync(file, block); size > 0; size = readSync(file, block)) {
    const bytes = Buffer.concat([rest, block.subarray(0, size)])
    const end = bytes.lastIndexOf(10) + 1
    rest = bytes.subarray(end)
    yield* bytes.toString('utf8', 0, end).split('\n')
  }
  closeSync(file)
  yield rest.toString()
}
