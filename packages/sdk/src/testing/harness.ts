import type { Buffer } from 'node:buffer'
import type { AlertReport } from '../alert.ts'
import { LogBatch } from '../batch.ts'
import type { Definition } from '../define.ts'
import type { Detector } from '../detector.ts'
import type { Parser } from '../parser.ts'
import type { AttributeMap, AttributeValue } from '../value.ts'
import { parseSimply } from './parsing.ts'
import { type PlainRecord, plainRecords } from './plain-record.ts'
import { createComponent, type TestServices, testServices } from './services.ts'

/** A record to feed: a line is its body; or fields. */
export type Input =
  | string
  | { time?: number; severityNumber?: number; body?: AttributeValue; attributes?: AttributeMap }

/** A batch of logs from lines or plain fields. */
export function batchOf(inputs: readonly Input[]): LogBatch {
  const batch = new LogBatch({ capacity: Math.max(1, inputs.length) })
  for (const input of inputs) {
    const record = batch.append()
    if (typeof input === 'string') {
      record.body = input
      continue
    }
    if (input.time !== undefined) record.time = input.time
    if (input.severityNumber !== undefined) record.severityNumber = input.severityNumber
    if (input.body !== undefined) record.body = input.body
    for (const [name, value] of Object.entries(input.attributes ?? {})) record.attributes.set(name, value)
  }
  return batch
}

export interface HarnessOptions {
  config?: unknown
  services?: Partial<TestServices>
}

/** Runs one parser: `const { records } = parserHarness(definition).feed('a line\n')`. */
export function parserHarness(definition: Definition<'parser', Parser>, options: HarnessOptions = {}) {
  const services = testServices(options.services)
  const parser = createComponent(definition, options.config, services)
  return {
    parser,
    services,
    feed(text: string | Buffer): { records: PlainRecord[]; failures: number } {
      const batch = parseSimply(parser, text)
      return { records: plainRecords(batch), failures: batch.failures.length }
    },
  }
}

/**
 * Runs one detector: `const { alerts } = detectorHarness(definition, { config }).feed(records)`. The watermark follows
 * the time of the records; `advance` moves it on.
 */
export function detectorHarness(definition: Definition<'detector', Detector>, options: HarnessOptions = {}) {
  const services = testServices(options.services)
  let detector = createComponent(definition, options.config, services)
  const alerts: AlertReport[] = []
  const report = (alert: AlertReport) => void alerts.push(alert)
  let watermark = Number.NEGATIVE_INFINITY
  const advance = (time: number) => {
    if (!(time > watermark)) return
    watermark = time
    detector.advance?.(watermark, report)
  }
  return {
    alerts,
    services,
    /** Feeds records in order; every record moves the watermark up to its own time. */
    feed(inputs: readonly Input[]) {
      for (const input of inputs) {
        const batch = batchOf([input])
        const time = batch.time[0] ?? Number.NaN
        advance(time)
        if (detector.observeBatch) detector.observeBatch(batch, report)
        else batch.forEach((record) => detector.observe?.(record, report))
      }
      return { alerts }
    },
    advance(time: number) {
      advance(time)
      return { alerts }
    },
    /** Goes on with a new instance that knows what the old one knew, as after a restart. */
    restart() {
      const snapshot: AttributeValue = JSON.parse(JSON.stringify(detector.snapshot?.() ?? null))
      detector = createComponent(definition, options.config, services)
      if (snapshot !== null) detector.restore?.(snapshot)
    },
  }
}
