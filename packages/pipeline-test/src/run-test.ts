import type { Position } from '@weir/config'
import { Collector, type Outputs, type Prepared } from '@weir/core'
import { formatDuration, LogBatch, messageOf, type Output } from '@weir/sdk'
import { checkExpectation } from './check-expectation.ts'
import type { DifferenceLine } from './difference.ts'
import type { PlannedInput, PlannedTest } from './planned-test.ts'
import type { TestFile } from './read-test-file.ts'
import { SeenRecords } from './seen-records.ts'
import { StillClock } from './still-clock.ts'
import { entryId, testGraph } from './test-graph.ts'
import { appendRecord } from './test-record.ts'
import type { RecordSpec } from './test-schema.ts'

/** Why a test failed. */
export interface TestFailure {
  readonly message: string
  /** Of the expectation that was not met. */
  readonly position?: Position
  readonly difference?: readonly DifferenceLine[]
}

type Runnable = Required<Pick<Prepared, 'config' | 'plan' | 'registry'>>

/** Runs the pipelines with what a test gives them, and compares. */
export async function runTest(
  runnable: Runnable,
  test: PlannedTest,
  { file, now, limitMs }: { file: TestFile; now: number; limitMs: number },
): Promise<TestFailure[]> {
  const outputs: Outputs = new Map()
  const collector = new Collector(testGraph(runnable, test, outputs), {
    once: true,
    isTerminal: false,
    terminal: { write() {} },
    logLevel: 'silent',
    clock: new StillClock(now),
  })
  const seen = test.expectations.map(({ places }) => {
    const records = new SeenRecords()
    for (const place of places) collector.watch(place, records)
    return records
  })
  const failures = await run(collector, test.inputs, outputs, limitMs)
  if (failures.length > 0) return failures
  return test.expectations.flatMap(({ point, spec, path }, index) =>
    checkExpectation(spec, seen[index]?.records ?? []).map((shortfall): TestFailure => {
      const position = file.locate([...path, ...shortfall.path])
      return {
        message: `${point}: ${shortfall.message}`,
        ...(position === undefined ? {} : { position }),
        ...(shortfall.difference === undefined ? {} : { difference: shortfall.difference }),
      }
    }),
  )
}

/** @returns why the pipelines did not work, if they did not */
async function run(
  collector: Collector,
  inputs: readonly PlannedInput[],
  outputs: Outputs,
  limitMs: number,
): Promise<TestFailure[]> {
  let failure: unknown
  const isBroken = collector.failed().catch((error: unknown) => {
    failure = error
  })
  const limit = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => limit.resolve('late'), limitMs)
  const whole = async () => {
    await collector.start()
    for (const input of inputs) await feed(input, outputs)
    for (const output of outputs.values()) output.end()
    await collector.ended()
    await collector.stop()
  }
  try {
    const outcome = await Promise.race([whole(), isBroken, limit.promise])
    if (outcome === 'late') {
      const [waits] = collector.busy
      collector.abort()
      const where = waits === undefined ? '' : `: ${waits} has been given a batch and does not finish it`
      return [{ message: `it did not end within ${formatDuration(limitMs)}${where}` }]
    }
  } catch (error) {
    failure = error
  } finally {
    clearTimeout(timer)
  }
  if (failure !== undefined) {
    collector.abort()
    await collector.stop()
    return [{ message: messageOf(failure) }]
  }
  return exceptions(collector)
}

/** Exceptions that a running collector survives, and that a test must not. */
function exceptions({ telemetry }: Collector): TestFailure[] {
  const of = (metric: string, message: string) => (telemetry.total(metric) > 0 ? [{ message }] : [])
  return [
    ...of('weir_receiver_parser_errors', 'a parser threw, so that its lines were kept as they are'),
    ...of('weir_detector_errors', 'a detector threw, so that it has not seen all records'),
  ]
}

/** Gives one input to the pipelines; resolves when all that follows from it is done. */
async function feed(input: PlannedInput, outputs: Outputs): Promise<void> {
  const output = outputs.get('receiver' in input ? input.receiver.id : entryId(input.entry))
  if (output === undefined) throw new TypeError('the receiver has not started')
  if ('lines' in input) return feedLines(input, output)
  for (const batch of batchesOf(input.records)) await (await output.send(batch)).done
}

async function feedLines(
  { lines: bytes, source }: Extract<PlannedInput, { lines: Buffer }>,
  output: Output,
): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    const delivery = await output.sendLines({ bytes, from, to: bytes.length, source, flush: true })
    await delivery.done
    if (delivery.consumed <= from) throw new TypeError('lines were not taken')
    from = delivery.consumed
  }
}

/** Batches of the records, in their order: one for each run of records of one resource. */
function batchesOf(records: readonly RecordSpec[]): LogBatch[] {
  const batches: LogBatch[] = []
  let last: string | undefined
  for (const record of records) {
    const resource = JSON.stringify(record.resource ?? {})
    if (resource !== last)
      batches.push(new LogBatch({ capacity: records.length, resource: record.resource ?? {}, source: 'test' }))
    last = resource
    const batch = batches.at(-1)
    if (batch !== undefined) appendRecord(batch, record)
  }
  return batches
}
