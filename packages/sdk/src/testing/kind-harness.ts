import { Buffer } from 'node:buffer'
import type { AlertReport } from '../alert.ts'
import type { Definition, Kind } from '../define.ts'
import type { Detector } from '../detector.ts'
import type { Exporter } from '../exporter.ts'
import type { Extension } from '../extension.ts'
import type { Parser } from '../parser.ts'
import { flushedBatches, type Processor } from '../processor.ts'
import type { Receiver } from '../receiver.ts'
import { CollectingOutput } from './collecting-output.ts'
import { batchOf, detectorHarness, type HarnessOptions, type Input, parserHarness } from './harness.ts'
import { type PlainRecord, plainRecords } from './plain-record.ts'
import { createComponent, type TestServices, testServices } from './services.ts'
import { settle } from './test-clock.ts'

/** Runs one parser. */
export interface ParserHarness {
  readonly parser: Parser
  readonly services: TestServices
  /** Parses lines: a text of several, or a list. `failures` says how many it did not understand. */
  feed(lines: string | Buffer | readonly string[]): Promise<{ records: PlainRecord[]; failures: number }>
}

/** Runs one detector: every record moves the watermark up to its own time. */
export interface DetectorHarness {
  readonly services: TestServices
  /** Shows it records; a line is the body of one. What comes back is everything that it was shown and has reported so far. */
  feed(inputs: readonly Input[]): Promise<{ records: PlainRecord[]; alerts: AlertReport[] }>
  /** Moves the watermark on, as when time passes without records. */
  advance(time: number): Promise<{ alerts: AlertReport[] }>
  /** Goes on with a new instance that knows what the old one knew. */
  restart(): void
}

/** Runs one processor; it starts with the first records. */
export interface ProcessorHarness {
  readonly processor: Processor
  readonly services: TestServices
  /** Passes records through it: what comes out, and what it sends into `ConnectorOutput`. */
  feed(inputs: readonly Input[]): Promise<{ records: PlainRecord[]; emitted: PlainRecord[] }>
  /** Says that nothing more will come, and stops it: what it had held back. */
  stop(): Promise<{ records: PlainRecord[]; emitted: PlainRecord[] }>
}

/** Runs one exporter or connector; it starts with the first records. */
export interface ExporterHarness {
  readonly exporter: Exporter
  readonly services: TestServices
  /** One attempt to deliver records; throws what the exporter throws. `emitted` is what a connector has sent on so far. */
  feed(inputs: readonly Input[]): Promise<{ emitted: PlainRecord[] }>
  stop(): Promise<void>
}

/** Runs one receiver. */
export interface ReceiverHarness {
  readonly receiver: Receiver
  readonly services: TestServices
  /** What it sends into. */
  readonly output: CollectingOutput
  start(): Promise<void>
  /** Lets the time of the clock pass: what it has sent so far. */
  advance(ms: number): Promise<{ records: PlainRecord[]; lines: string[] }>
  /** Stops it and closes it: all that it has sent. */
  stop(): Promise<{ records: PlainRecord[]; lines: string[] }>
}

/** Runs one extension. */
export interface ExtensionHarness {
  readonly extension: Extension
  readonly services: TestServices
  start(): Promise<void>
  advance(ms: number): Promise<void>
  stop(): Promise<void>
}

/**
 * Runs one component with a clock, a state and channels of the test's own:
 * `const { alerts } = await harness(detector, { config: { threshold: 3 } }).feed(records)`.
 */
export function harness(definition: Definition<'parser', Parser>, options?: HarnessOptions): ParserHarness
export function harness(definition: Definition<'detector', Detector>, options?: HarnessOptions): DetectorHarness
export function harness(definition: Definition<'processor', Processor>, options?: HarnessOptions): ProcessorHarness
export function harness(
  definition: Definition<'exporter' | 'connector', Exporter>,
  options?: HarnessOptions,
): ExporterHarness
export function harness(definition: Definition<'receiver', Receiver>, options?: HarnessOptions): ReceiverHarness
export function harness(definition: Definition<'extension', Extension>, options?: HarnessOptions): ExtensionHarness
export function harness(definition: Definition, options: HarnessOptions = {}): object {
  // The kind says what `create` returns: that is what the overloads tell the caller.
  return makers[definition.kind](definition as Definition<never, never>, options)
}

const makers: { readonly [K in Kind]: (definition: Definition<never, never>, options: HarnessOptions) => object } = {
  parser: parsing,
  detector: detecting,
  processor: processing,
  exporter: exporting,
  connector: exporting,
  receiver: receiving,
  extension: extending,
}

function parsing(definition: Definition<'parser', Parser>, options: HarnessOptions): ParserHarness {
  const { parser, services, feed } = parserHarness(definition, options)
  return {
    parser,
    services,
    feed: async (lines) =>
      feed(typeof lines === 'string' || Buffer.isBuffer(lines) ? lines : lines.map((line) => `${line}\n`).join('')),
  }
}

function detecting(definition: Definition<'detector', Detector>, options: HarnessOptions): DetectorHarness {
  const { services, feed, advance, restart } = detectorHarness(definition, options)
  const records: PlainRecord[] = []
  return {
    services,
    async feed(inputs) {
      records.push(...plainRecords(batchOf(inputs)))
      return { records, ...feed(inputs) }
    },
    advance: async (time) => advance(time),
    restart,
  }
}

function processing(definition: Definition<'processor', Processor>, options: HarnessOptions): ProcessorHarness {
  const services = testServices(options.services)
  const processor = createComponent(definition, options.config, services)
  const { records: emitted } = services.connectorOutput
  let started: Promise<void> | undefined
  const start = async () => processor.start?.()
  return {
    processor,
    services,
    async feed(inputs) {
      started ??= start()
      await started
      const result = await processor.process(batchOf(inputs))
      return { records: result === null ? [] : plainRecords(result), emitted }
    },
    async stop() {
      const rest = flushedBatches(await processor.flush?.())
      await processor.stop?.()
      return { records: rest.flatMap(plainRecords), emitted }
    },
  }
}

function exporting(
  definition: Definition<'exporter' | 'connector', Exporter>,
  options: HarnessOptions,
): ExporterHarness {
  const services = testServices(options.services)
  const exporter = createComponent(definition, options.config, services)
  const { records: emitted } = services.connectorOutput
  let started: Promise<void> | undefined
  const start = async () => exporter.start?.()
  return {
    exporter,
    services,
    async feed(inputs) {
      started ??= start()
      await started
      await exporter.export(batchOf(inputs), { abortSignal: services.stop.signal })
      return { emitted }
    },
    async stop() {
      await exporter.flush?.()
      await exporter.stop?.()
    },
  }
}

function receiving(definition: Definition<'receiver', Receiver>, options: HarnessOptions): ReceiverHarness {
  const services = testServices(options.services)
  const receiver = createComponent(definition, options.config, services)
  const output = new CollectingOutput()
  const sent = () => ({ records: output.records, lines: output.lines.map(({ text }) => text) })
  return {
    receiver,
    services,
    output,
    start: async () => receiver.start(output),
    async advance(ms) {
      await services.clock.advance(ms)
      return sent()
    },
    async stop() {
      await receiver.stop()
      await settle()
      await receiver.close?.()
      return sent()
    },
  }
}

function extending(definition: Definition<'extension', Extension>, options: HarnessOptions): ExtensionHarness {
  const services = testServices(options.services)
  const extension = createComponent(definition, options.config, services)
  return {
    extension,
    services,
    start: async () => extension.start(),
    advance: (ms) => services.clock.advance(ms),
    stop: async () => extension.stop(),
  }
}
