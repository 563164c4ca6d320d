import { Buffer } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import definitions from '@weir/parser-common'
import { MessageReader, TemplateMiner } from '@weir/processor-anomaly/templates'
import { type Definition, LogBatch, type Parser, type Parsers } from '@weir/sdk'
import { createComponent, testServices } from '@weir/sdk/testing'
import { cpuMs } from './cpu-time.ts'
import { DataError } from './templates-system.ts'

/** What `new_pattern` remembers by default. */
const maxTemplates = 2000
/** The speed is measured over at least this long, with the templates learnt. */
const leastMs = 300

export interface Mined {
  /** Id of the template of each message, as it was when the last had been read, and as it was at once. */
  readonly ids: string[]
  readonly firstIds: string[]
  readonly messagesPerSecond: number
}

/** Mines messages in their order. Line breaks in a message end it for the miner, as in a log. */
export function mineContents(contents: readonly string[]): Mined {
  const miner = new TemplateMiner(maxTemplates)
  const lines = contents.map((content) => Buffer.from(content))
  const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
  const ends = new Int32Array(lines.length)
  let end = -1
  for (const [index, line] of lines.entries()) {
    end += line.length + 1
    ends[index] = end
  }
  const templates = lines.map((_, index) => {
    const { template } = miner.add(bytes, index === 0 ? 0 : (ends[index - 1] ?? 0) + 1, ends[index] ?? 0)
    return { template, firstId: template.id }
  })
  const ids = templates.map(({ template }) => template.current.id)
  const firstIds = templates.map(({ firstId }) => firstId)
  const messagesPerSecond = speedOf(lines.length, () => {
    let from = 0
    for (let index = 0; index < ends.length; index++) {
      const to = ends[index] ?? 0
      miner.add(bytes, from, to)
      from = to + 1
    }
  })
  return { ids, firstIds, messagesPerSecond }
}

/** Parses raw lines as a receiver with `parser: auto` would, and mines the records' bodies; the speed is that of both. */
export function mineRaw(path: string, count: number): Mined {
  if (!existsSync(path)) throw new DataError(`${path} does not exist`)
  const text = readFileSync(path, 'utf8').replace(/^\ufeff/, '')
  const bytes = Buffer.from(text.endsWith('\n') ? text : `${text}\n`)
  const lines = bytes.toString().split('\n').slice(0, -1)
  while (lines.length > count && isBlank(lines.at(-1) ?? '')) lines.pop()
  if (lines.length !== count) throw new DataError(`${path} has ${lines.length} lines, its table ${count} rows`)
  const miner = new TemplateMiner(maxTemplates)
  const reader = new MessageReader(miner, 'body')
  const parser = openAuto()
  const rows = mineLines(parser, reader, bytes, (mined) => mined?.template)
  let next = 0
  const templates = lines.map((line) => {
    const template = isBlank(line) ? undefined : rows[next++]
    return { template, firstId: template?.id ?? '' }
  })
  if (next !== rows.length) throw new DataError(`${path} gave ${rows.length} records for ${next} lines`)
  const ids = templates.map(({ template }) => template?.current.id ?? '')
  const firstIds = templates.map(({ firstId }) => firstId)
  const messagesPerSecond = speedOf(count, () => mineLines(parser, reader, bytes, () => undefined))
  return { ids, firstIds, messagesPerSecond }
}

/** What the parsers leave out. */
const isBlank = (line: string): boolean => line === '' || line === '\r'

function mineLines<T>(
  parser: Parser,
  reader: MessageReader,
  bytes: Buffer,
  take: (mined: ReturnType<MessageReader['mine']>) => T,
): T[] {
  const taken: T[] = []
  const batch = new LogBatch()
  for (let from = 0; from < bytes.length; ) {
    batch.reset()
    batch.bytes = bytes
    const reached = parser.parseBatch?.(bytes, from, bytes.length, batch) ?? from
    if (reached <= from) throw new Error('the parser does not come forward')
    from = reached
    for (let row = 0; row < batch.rowCount; row++) taken.push(take(reader.mine(batch, row)))
  }
  return taken
}

/** Weir's parser `auto`, choosing among the parsers that come with it. */
function openAuto(): Parser {
  const all: readonly Definition<'parser', Parser>[] = definitions
  const create = (type: string, overrides: { readonly [token: string]: unknown } = {}): Parser => {
    const definition = all.find((one) => one.type === type)
    if (definition === undefined) throw new Error(`there is no parser ${type}`)
    return createComponent(definition, {}, testServices({ overrides }))
  }
  const parsers: Parsers = {
    create,
    types: () => all.map(({ type }) => ({ type, create: () => createIfItCan(type, create) })),
  }
  const parser = create('auto', { parsers })
  return parser.open?.({ id: 'bench' }) ?? parser
}

/** Parsers that need settings, such as `regex`, take no part in `auto`. */
function createIfItCan(type: string, create: (type: string) => Parser): Parser | undefined {
  try {
    return create(type)
  } catch {
    return undefined
  }
}

/** Messages per second of one core: time that others have it does not count. */
function speedOf(count: number, pass: () => void): number {
  pass()
  const since = cpuMs()
  let passes = 0
  let ms = 0
  do {
    pass()
    passes++
    ms = cpuMs() - since
  } while (ms < leastMs)
  return Math.round((passes * count * 1000) / ms)
}
