import { Buffer } from 'node:buffer'
import {
  type AlertReport,
  type Detector,
  flushedBatches,
  type LineSource,
  LogBatch,
  type Parser,
  type Processor,
  packBatch,
  Record,
  unpackBatch,
} from '@weir/sdk'
import { type Beginning, type Methods, type Observed, type Processed, sentError } from './isolation-messages.ts'
import { parsePacked } from './packed-parsing.ts'

/** A component as its thread answers for it. */
export interface Acting {
  readonly acts: Partial<Methods>
  /** Names of the methods that the component has. */
  readonly has: string[]
}

/** Sources beyond which the parser forgets the oldest. */
const maxSources = 16_384

const detectorMethods = ['advance', 'snapshot', 'restore', 'describe', 'interrupt', 'concerns', 'stop']

const methodsOf = (component: object, names: readonly string[]): string[] =>
  names.filter((name) => typeof Reflect.get(component, name) === 'function')

export function actingParser(make: () => unknown): Acting {
  const shared = make() as Parser
  const parsers = new Map<string, Parser>()
  const parserOf = (source: LineSource | undefined): Parser => {
    if (source === undefined || shared.open === undefined) return shared
    let parser = parsers.get(source.id)
    if (parser === undefined) {
      parser = shared.open(source)
      const [oldest] = parsers.keys()
      if (parsers.size >= maxSources && oldest !== undefined) parsers.delete(oldest)
      parsers.set(source.id, parser)
    }
    return parser
  }
  const scratch = new LogBatch({ capacity: 1 })
  return {
    has: methodsOf(shared, ['parseBatch', 'sniff', 'open', 'continues']),
    acts: {
      parseBatch: (bytes, source) => parsePacked(parserOf(source), bytes),
      parseRecord(text, source) {
        const bytes = Buffer.from(text)
        scratch.reset()
        scratch.bytes = bytes
        const record = new Record(scratch).at(scratch.addLine(0, bytes.length))
        return parserOf(source).parse(text, record) ? packBatch(scratch) : null
      },
      sniff: (lines) => shared.sniff?.(lines) ?? 0,
      continues: (line, previous, source) => parserOf(source).continues?.(line, previous) ?? false,
    },
  }
}

/** @param mutates whether it may have changed the records of the batch that it returns */
export async function actingProcessor(make: () => unknown, mutates: boolean): Promise<Acting> {
  const processor = make() as Processor
  await processor.start?.()
  return {
    has: methodsOf(processor, ['flush', 'stop']),
    acts: {
      async process(packed): Promise<Processed> {
        const batch = unpackBatch(packed)
        const result = await processor.process(batch)
        if (result === null) return null
        if (!mutates && sharesRecords(result, batch)) return { is: 'rows', rows: result.selection }
        return { is: 'batch', batch: packBatch(result) }
      },
      async flush() {
        return flushedBatches(await processor.flush?.()).map((batch) => packBatch(batch))
      },
      async stop() {
        await processor.stop?.()
      },
    },
  }
}

/** Whether a batch is a view of the other that only leaves records out. */
const sharesRecords = (view: LogBatch, batch: LogBatch): boolean =>
  view.cells === batch.cells &&
  view.bytes === batch.bytes &&
  view.time === batch.time &&
  view.severityNumber === batch.severityNumber &&
  view.attributes === batch.attributes &&
  view.resource === batch.resource &&
  view.signal === batch.signal

/** @param onUnusable told when a detector cannot use what an earlier one knew: it learns anew */
export function actingDetector(
  make: () => unknown,
  beginning: Beginning['instances'],
  onUnusable: (error: unknown) => void,
): Acting {
  const instances = new Map<number, Detector>()
  // Made at once, so that one that cannot be made is known as such.
  let spare: Detector | undefined = make() as Detector
  const add = (instance: number): Detector => {
    const detector = spare ?? (make() as Detector)
    spare = undefined
    instances.set(instance, detector)
    return detector
  }
  for (const [instance, snapshot] of beginning) {
    const detector = add(instance)
    try {
      if (snapshot !== undefined && snapshot !== null) detector.restore?.(snapshot)
    } catch (error) {
      onUnusable(error)
      add(instance)
    }
  }
  const detectorOf = (instance: number): Detector => instances.get(instance) ?? add(instance)
  return {
    has: [],
    acts: {
      addInstance: (instance) => methodsOf(detectorOf(instance), detectorMethods),
      observe: (instance, packed) =>
        reportsOf((report) => {
          const detector = detectorOf(instance)
          const batch = unpackBatch(packed)
          if (detector.observeBatch !== undefined) detector.observeBatch(batch, report)
          else batch.forEach((record) => detector.observe?.(record, report))
        }),
      advance: (instance, watermark) => reportsOf((report) => detectorOf(instance).advance?.(watermark, report)),
      snapshot: (instance) => detectorOf(instance).snapshot?.() ?? null,
      restore: (instance, snapshot) => detectorOf(instance).restore?.(snapshot),
      describe: (instance) => detectorOf(instance).describe?.(),
      interrupt: (instance) => detectorOf(instance).interrupt?.(),
      concerns: (instance, packed) => detectorOf(instance).concerns?.(new Record(unpackBatch(packed)).at(0)) ?? true,
      removeInstance(instance) {
        const detector = instances.get(instance)
        instances.delete(instance)
        detector?.stop?.()
      },
    },
  }
}

function reportsOf(act: (report: (alert: AlertReport) => void) => void): Observed {
  const reports: AlertReport[] = []
  try {
    act((alert) => reports.push(alert))
    return { reports }
  } catch (error) {
    return { reports, error: sentError(error) }
  }
}
