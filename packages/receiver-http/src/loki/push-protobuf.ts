import { type Buffer, isUtf8 } from 'node:buffer'
import { type Labels, parseLabels } from './labels.ts'
import type { StreamBatches } from './stream-batches.ts'
import { WireReader } from './wire-reader.ts'

/**
 * Reads a `PushRequest`. Lines stay where they are in the message.
 * @throws HttpProblem 400
 * @see https://github.com/grafana/loki/blob/main/pkg/push/push.proto
 */
export function readProtobufPush(bytes: Buffer, streams: StreamBatches): void {
  const request = new WireReader(bytes)
  while (request.next()) {
    if (request.field === 1) readStream(bytes, request.message(), streams)
    else request.skip()
  }
}

function readStream(bytes: Buffer, stream: WireReader, streams: StreamBatches): void {
  let labels: Labels = []
  const entries: WireReader[] = []
  while (stream.next()) {
    if (stream.field === 1) labels = parseLabels(stream.string())
    else if (stream.field === 2) entries.push(stream.message())
    else stream.skip()
  }
  streams.begin(labels, bytes, entries.length)
  for (const entry of entries) readEntry(bytes, entry, streams)
}

function readEntry(bytes: Buffer, entry: WireReader, streams: StreamBatches): void {
  let seconds = 0
  let nanoseconds = 0
  let line = { start: 0, end: 0 }
  const metadata: [string, string][] = []
  while (entry.next()) {
    if (entry.field === 1) {
      const timestamp = entry.message()
      while (timestamp.next()) {
        if (timestamp.field === 1) seconds = timestamp.varint()
        else if (timestamp.field === 2) nanoseconds = timestamp.varint()
        else timestamp.skip()
      }
    } else if (entry.field === 2) line = entry.range()
    else if (entry.field === 3) metadata.push(readPair(entry.message()))
    else entry.skip()
  }
  const ms = Math.floor(nanoseconds / 1e6)
  const text = bytes.subarray(line.start, line.end)
  const record = streams.add(isUtf8(text) ? line : text.toString(), seconds * 1000 + ms, nanoseconds - ms * 1e6)
  if (metadata.length > 0) streams.addMetadata(record, metadata)
}

function readPair(pair: WireReader): [string, string] {
  let name = ''
  let value = ''
  while (pair.next()) {
    if (pair.field === 1) name = pair.string()
    else if (pair.field === 2) value = pair.string()
    else pair.skip()
  }
  return [name, value]
}
