import type { Buffer } from 'node:buffer'
import { type AttributeMap, attributeMap, LogBatch, type Scope } from '@weir/sdk'
import { type Arrival, type LogsRequest, maxRows, programOf, scopeOf, sourceOf } from './logs-request.ts'
import { RecordReader } from './record-reader.ts'
import { checkRequest } from './request-check.ts'
import { readPairs } from './value-reader.ts'
import { tagOf, Wire, WireReader } from './wire-reader.ts'

const first = tagOf(1, Wire.DELIMITED)
const second = tagOf(2, Wire.DELIMITED)
const third = tagOf(3, Wire.DELIMITED)

/** What the records of a scope share. */
interface Origin {
  readonly resource: AttributeMap
  readonly source: string
  readonly scope: Scope | undefined
}

/**
 * An `ExportLogsServiceRequest` in protobuf, read from its bytes into the columns of batches. Strings become ranges of the
 * bytes; the name of an attribute is made a string once for a program, not once for a record.
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 */
export class ProtobufRequest implements LogsRequest {
  rejected = 0
  readonly #wire: WireReader
  readonly #arrival: Arrival

  /** @throws MalformedError */
  constructor(bytes: Buffer, arrival: Arrival) {
    checkRequest(bytes)
    this.#wire = new WireReader(bytes)
    this.#arrival = arrival
  }

  *batches(): Generator<LogBatch, void, void> {
    const wire = this.#wire
    for (const [from, to] of wire.parts(0, wire.bytes.length, first)) yield* this.#resourceLogs(from, to)
  }

  *#resourceLogs(from: number, to: number): Generator<LogBatch, void, void> {
    const wire = this.#wire
    const resource = attributeMap()
    for (const [start, end] of wire.parts(from, to, first)) readPairs(wire, start, end, first, resource)
    const source = sourceOf(this.#arrival.componentId, resource)
    for (const [start, end] of wire.parts(from, to, second)) yield* this.#scopeLogs(start, end, resource, source)
  }

  *#scopeLogs(from: number, to: number, resource: AttributeMap, source: string): Generator<LogBatch, void, void> {
    let scope: Scope | undefined
    for (const [start, end] of this.#wire.parts(from, to, first)) scope = this.#scope(start, end)
    const origin = { resource, source, scope }
    let bounds: number[] = []
    for (const [start, end] of this.#wire.parts(from, to, second)) {
      bounds.push(start, end)
      if (bounds.length < maxRows * 2) continue
      yield* this.#records(bounds, origin)
      bounds = []
    }
    yield* this.#records(bounds, origin)
  }

  #scope(from: number, to: number): Scope | undefined {
    const wire = this.#wire
    let name = ''
    let version = ''
    for (const [start, end] of wire.parts(from, to, first)) name = wire.text(start, end)
    for (const [start, end] of wire.parts(from, to, second)) version = wire.text(start, end)
    return scopeOf(name, version, readPairs(wire, from, to, third))
  }

  /** @param bounds beginning and end of each record, one after the other */
  *#records(bounds: readonly number[], { resource, source, scope }: Origin): Generator<LogBatch, void, void> {
    const { time, programs } = this.#arrival
    const total = bounds.length / 2
    let capacity = total
    for (let next = 0; next < total; ) {
      const keys = programs.keysOf(programOf(resource, scope))
      const first = next
      const end = Math.min(total, first + capacity)
      const start = bounds[first * 2] ?? 0
      const batch = new LogBatch({
        ...{ capacity: end - first, layout: keys.layout, resource, source },
        ...(scope === undefined ? {} : { scope }),
      })
      const reader = new RecordReader(this.#wire, batch, keys, start, bounds[end * 2 - 1] ?? 0)
      while (next < end && !batch.isFull) {
        if (!reader.add(bounds[next * 2] ?? 0, bounds[next * 2 + 1] ?? 0)) this.rejected++
        next++
      }
      // A batch that was full of columns before its time: the next may be, too, and must not be made for all the rest.
      capacity = next < end ? (next - first) * 2 : total
      if (batch.rowCount === 0) continue
      batch.bytes = reader.bytes
      batch.knownByteLength = (bounds[next * 2 - 1] ?? 0) - start
      if (Number.isNaN(batch.observedTime)) batch.observedTime = time
      yield batch
    }
  }
}
