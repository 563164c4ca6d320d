import type { Record, TimestampReader } from '@weir/sdk'
import { backslash, comma, quote, space } from './byte.ts'
import { page } from './page.ts'
import { afterDigits, find, isAt, setBody, setDigits, setSeverityText, setText } from './page-field.ts'
import { setRequestOf } from './request-line.ts'
import { SeverityWords } from './severity-words.ts'

const bytes = page
const hash = 0x23
const star = 0x2a

/** What nginx says of the request at the end of a message, and the attribute that it is; the request is several. */
const contexts: readonly { readonly mark: string; readonly name: string | undefined }[] = [
  { mark: ', client: ', name: 'client.address' },
  { mark: ', server: ', name: 'server.address' },
  { mark: ', request: ', name: undefined },
  { mark: ', subrequest: ', name: 'nginx.subrequest' },
  { mark: ', upstream: ', name: 'nginx.upstream' },
  { mark: ', host: ', name: 'http.request.header.host' },
  { mark: ', referrer: ', name: 'http.request.header.referer' },
]

/**
 * nginx's error log: `2026/11/24 13:55:36 [error] 31#32: *7 open() "…" failed (2: No such file or directory), client: …`.
 * The body is the message without what follows `, client: `.
 */
export class NginxErrorReader {
  readonly #time: TimestampReader
  readonly #severities = new SeverityWords()

  constructor(time: TimestampReader) {
    this.#time = time
  }

  /** Reads the line on the page from `start` to `end`; `false` if it is no such line. */
  read(start: number, end: number, record: Record): boolean {
    const ms = this.#time.iso(bytes, start, end)
    const levelStart = start + 21
    if (Number.isNaN(ms) || this.#time.end !== start + 19 || !isAt(' [', start + 19)) return false
    let levelEnd = levelStart
    while ((bytes[levelEnd] ?? 0) >= 0x61 && (bytes[levelEnd] ?? 0) <= 0x7a) levelEnd++
    const pidStart = levelEnd + 2
    const pidEnd = afterDigits(pidStart)
    const tidEnd = afterDigits(pidEnd + 1)
    const isHead =
      levelEnd > levelStart &&
      isAt('] ', levelEnd) &&
      pidEnd > pidStart &&
      bytes[pidEnd] === hash &&
      tidEnd > pidEnd + 1
    if (!isHead || !isAt(': ', tidEnd) || tidEnd + 2 > end) return false
    record.time = ms
    record.severityNumber = this.#severities.of(levelStart, levelEnd)
    setSeverityText(record, levelStart, levelEnd)
    setDigits(record, 'process.pid', pidStart, pidEnd)
    setDigits(record, 'thread.id', pidEnd + 1, tidEnd)
    let messageStart = tidEnd + 2
    if (bytes[messageStart] === star) {
      const connectionEnd = afterDigits(messageStart + 1)
      if (connectionEnd > messageStart + 1 && bytes[connectionEnd] === space) {
        setDigits(record, 'nginx.connection', messageStart + 1, connectionEnd)
        messageStart = connectionEnd + 1
      }
    }
    const contextAt = find(', client: ', messageStart, end)
    setBody(record, messageStart, contextAt < 0 ? end : contextAt)
    if (contextAt >= 0) setContext(record, contextAt, end)
    return true
  }
}

function setContext(record: Record, from: number, end: number): void {
  for (let at = from; at < end; ) {
    const context = bytes[at] === comma ? contexts.find(({ mark }) => isAt(mark, at)) : undefined
    if (context === undefined) {
      at++
      continue
    }
    const valueStart = at + context.mark.length
    const isQuoted = bytes[valueStart] === quote
    const textStart = isQuoted ? valueStart + 1 : valueStart
    at = isQuoted ? endOfQuoted(textStart, end) : endOfPlain(textStart, end)
    if (context.name === undefined) setRequestOf(record, textStart, at)
    else setText(record, context.name, textStart, at)
  }
}

function endOfQuoted(from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return Math.min(at, end)
}

function endOfPlain(from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== comma) at++
  return at
}

const head = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: /

export const isNginxError = (line: string): boolean => head.test(line)
