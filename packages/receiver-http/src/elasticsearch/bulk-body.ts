import { Buffer } from 'node:buffer'
import { HttpProblem } from '@weir/http-server'
import { faultOf } from '../lines/json-lines.ts'

/** What the client is told of one of its actions. */
export interface BulkItem {
  readonly action: Action
  /** Why it was refused. */
  readonly error?: { readonly type: string; readonly reason: string }
}

interface Action {
  readonly name: string
  readonly index: string
  readonly id: string | undefined
}

export interface BulkBody {
  readonly items: readonly BulkItem[]
  /** The documents that were taken, a line each, by index. */
  readonly documents: ReadonlyMap<string, Buffer>
  readonly hasErrors: boolean
}

const lineFeed = 0x0a

/**
 * Reads the body of a bulk request: a line with an action, and for most a line with a document.
 * @param index where the path names one
 * @throws HttpProblem 400 if a line with an action is none, since nobody can tell then what follows
 * @see https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
 */
export function readBulk(bytes: Buffer, index: string): BulkBody {
  const items: BulkItem[] = []
  const ranges = new Map<string, number[]>()
  let taken: BulkItem | undefined
  let hasErrors = false
  let line = 0
  let lastText = ''
  let action: Action = { name: '', index, id: undefined }
  for (let from = 0; from < bytes.length; ) {
    const end = endOfLine(bytes, from)
    line++
    const text = bytes.toString('utf8', from, end)
    from = end + 1
    if (text.trim() === '') continue
    // Shippers repeat the same line again and again.
    if (text !== lastText) action = readAction(text, line, index)
    lastText = text
    if (action.name === 'delete') {
      hasErrors = true
      items.push(refused(action, 'illegal_argument_exception', `line ${line}: logs are only added, not deleted`))
      continue
    }
    if (from >= bytes.length) throw new HttpProblem(400, `line ${line} has an action, and no document follows`)
    const documentEnd = endOfLine(bytes, from)
    line++
    const fault = action.name === 'update' ? 'logs are only added, not updated' : faultOf(bytes, from, documentEnd)
    if (fault === undefined) {
      // One object for all documents of one repeated line: the answer to them is one text.
      taken = taken?.action === action ? taken : { action }
      items.push(taken)
      const known = ranges.get(action.index)
      if (known === undefined) ranges.set(action.index, [from, documentEnd])
      else known.push(from, documentEnd)
    } else {
      hasErrors = true
      const type = action.name === 'update' ? 'illegal_argument_exception' : 'document_parsing_exception'
      items.push(refused(action, type, `line ${line}: ${fault === '' ? 'the document is empty' : fault}`))
    }
    from = documentEnd + 1
  }
  if (items.length === 0) throw new HttpProblem(400, 'there is no action in it')
  return { items, hasErrors, documents: new Map(Array.from(ranges, ([name, of]) => [name, gather(bytes, of)])) }
}

const refused = (action: Action, type: string, reason: string): BulkItem => ({ action, error: { type, reason } })

function endOfLine(bytes: Buffer, from: number): number {
  const newline = bytes.indexOf(lineFeed, from)
  return newline < 0 ? bytes.length : newline
}

function readAction(text: string, line: number, index: string): Action {
  const bad = (reason: string) => new HttpProblem(400, `line ${line} has no action: ${reason}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error))
  }
  const [entry, ...more] = typeof value === 'object' && value !== null ? Object.entries(value) : []
  if (entry === undefined || more.length > 0) throw bad('it is not one of create, index, update, delete')
  const [name, target]: [string, unknown] = entry
  if (!['create', 'index', 'update', 'delete'].includes(name)) throw bad(`there is no ${JSON.stringify(name)}`)
  const { _index: named, _id: id }: { _index?: unknown; _id?: unknown } = Object(target)
  return {
    name,
    index: typeof named === 'string' ? named : index,
    id: typeof id === 'string' || typeof id === 'number' ? String(id) : undefined,
  }
}

function gather(bytes: Buffer, ranges: readonly number[]): Buffer {
  let length = 0
  for (let at = 0; at < ranges.length; at += 2) length += (ranges[at + 1] ?? 0) - (ranges[at] ?? 0) + 1
  const gathered = Buffer.allocUnsafeSlow(length)
  let to = 0
  for (let at = 0; at < ranges.length; at += 2) {
    to += bytes.copy(gathered, to, ranges[at], ranges[at + 1])
    gathered[to++] = lineFeed
  }
  return gathered
}
