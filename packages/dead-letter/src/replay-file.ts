import { createReadStream, existsSync } from 'node:fs'
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { compileCondition } from '@weir/expressions'
import { attributeMap } from '@weir/sdk'
import { batchOfLetters, type DeadLetter, readDeadLetter, refusalAttributes } from './dead-letter.ts'

export interface ReplayFileOptions {
  readonly path: string
  /** Only records for which this is true; `weir.dead_letter.*` are among the attributes. */
  readonly where?: string | undefined
  /** Also what has been replayed before. */
  readonly again?: boolean | undefined
  /** Sends lines of the file; resolves when their records are delivered. Left out, they are only counted. */
  send?: ((lines: string) => Promise<unknown>) | undefined
}

/** What stands in a file of dead letters, and what became of it. */
export interface ReplayCounts {
  /** That were sent, or would be, by component and reason. */
  readonly chosen: Map<string, number>
  /** Replayed before. */
  before: number
  /** For which the condition is not true. */
  other: number
  /** Lines that are no dead letters. */
  unreadable: number
}

const chunkBytes = 1 << 20
const chunkRecords = 1000

/**
 * Goes through a file of dead letters as it is now, a chunk at a time. What was delivered is noted in `PATH.replayed`
 * after each chunk, so that no other run sends it again; only what a crash interrupts comes twice.
 */
export async function replayFile({ path, where, again, send }: ReplayFileOptions): Promise<ReplayCounts> {
  const counts: ReplayCounts = { chosen: new Map(), before: 0, other: 0, unreadable: 0 }
  const { size } = await stat(path)
  if (size === 0) return counts
  const marks = await ReplayMarks.open(`${path}.replayed`, send !== undefined)
  const matches = where === undefined ? undefined : compileCondition(where)
  let chunk: { readonly line: string; readonly id: string }[] = []
  let bytes = 0
  const flush = async () => {
    if (chunk.length === 0 || send === undefined) return
    await send(chunk.map(({ line }) => `${line}\n`).join(''))
    await marks.add(chunk.map(({ id }) => id))
    chunk = []
    bytes = 0
  }
  try {
    // Not what this very replay adds to the file, if records are refused again.
    const lines = createInterface({
      input: createReadStream(path, { end: size - 1 }),
      crlfDelay: Number.POSITIVE_INFINITY,
    })
    for await (const line of lines) {
      if (line === '') continue
      const letter = readDeadLetter(line)
      if (letter === undefined) counts.unreadable++
      else if (!again && marks.has(letter.id)) counts.before++
      else if (matches !== undefined && !matches(recordOf(letter))) counts.other++
      else {
        const kind = `${letter.component} ${letter.reason}`
        counts.chosen.set(kind, (counts.chosen.get(kind) ?? 0) + 1)
        if (send === undefined) continue
        chunk.push({ line, id: letter.id })
        bytes += line.length
        if (bytes >= chunkBytes || chunk.length >= chunkRecords) await flush()
      }
    }
    await flush()
  } finally {
    await marks.close()
  }
  return counts
}

function recordOf(letter: DeadLetter) {
  const batch = batchOfLetters([letter])
  batch.attributes = attributeMap(Object.entries(refusalAttributes(letter, letter.signal)))
  for (const record of batch) return record
  throw new TypeError('a dead letter is a record')
}

/** Ids of the letters that were replayed, a line each. */
class ReplayMarks {
  readonly #ids: Set<string>
  readonly #file: FileHandle | undefined

  private constructor(ids: Set<string>, file: FileHandle | undefined) {
    this.#ids = ids
    this.#file = file
  }

  static async open(path: string, isWritten: boolean): Promise<ReplayMarks> {
    const text = existsSync(path) ? await readFile(path, 'utf8') : ''
    const file = isWritten ? await open(path, 'a', 0o600) : undefined
    if (text !== '' && !text.endsWith('\n')) await file?.appendFile('\n')
    return new ReplayMarks(new Set(text.split('\n')), file)
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  async add(ids: readonly string[]): Promise<void> {
    await this.#file?.appendFile(ids.map((id) => `${id}\n`).join(''))
    await this.#file?.datasync()
    for (const id of ids) this.#ids.add(id)
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }
}
