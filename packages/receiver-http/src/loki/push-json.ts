import { Buffer } from 'node:buffer'
import { HttpProblem } from '@weir/http-server'
import type { Labels } from './labels.ts'
import type { StreamBatches } from './stream-batches.ts'

interface Entry {
  readonly time: string
  readonly line: string
  readonly metadata: Labels
}

/**
 * Reads `{"streams": [{"stream": {…}, "values": [["<ns>", "<line>", {…}], …]}]}`. It is checked before anything is taken.
 * @throws HttpProblem 400
 */
export function readJsonPush(bytes: Buffer, streams: StreamBatches): void {
  let body: unknown
  try {
    body = JSON.parse(bytes.toString())
  } catch (error) {
    throw new HttpProblem(400, `the body is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const { streams: all }: { streams?: unknown } = Object(body)
  if (!Array.isArray(all)) throw new HttpProblem(400, 'the body has no list of streams')
  for (const [index, stream] of all.entries()) readStream(stream, `streams[${index}]`, streams)
}

function readStream(given: unknown, place: string, streams: StreamBatches): void {
  const { stream, values }: { stream?: unknown; values?: unknown } = Object(given)
  if (!Array.isArray(values)) throw new HttpProblem(400, `${place} has no list of values`)
  const labels = labelsOf(stream ?? {}, `${place}.stream`)
  const entries = values.map((value: unknown, index) => entryOf(value, `${place}.values[${index}]`))
  const bytes = Buffer.allocUnsafeSlow(entries.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0))
  streams.begin(labels, bytes, entries.length)
  let at = 0
  for (const { time, line, metadata } of entries) {
    const end = at + bytes.write(line, at)
    const digits = time.padStart(7, '0')
    const record = streams.add({ start: at, end }, Number(digits.slice(0, -6)), Number(digits.slice(-6)))
    if (metadata.length > 0) streams.addMetadata(record, metadata)
    at = end
  }
}

function entryOf(value: unknown, place: string): Entry {
  const [time, line, metadata]: unknown[] = Array.isArray(value) ? value : []
  if (typeof time !== 'string' || !/^\d{1,19}$/.test(time))
    throw new HttpProblem(400, `${place} has no time in nanoseconds, as a string`)
  if (typeof line !== 'string') throw new HttpProblem(400, `${place} has no line`)
  return { time, line, metadata: metadata === undefined ? [] : labelsOf(metadata, `${place}[2]`) }
}

function labelsOf(value: unknown, place: string): Labels {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new HttpProblem(400, `${place} is no map of names and values`)
  return Object.entries(value).map(([name, text]: [string, unknown]) => [
    name,
    typeof text === 'string' ? text : JSON.stringify(text),
  ])
}
