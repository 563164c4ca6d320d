import {
  type AttributeValue,
  type CompiledPattern,
  type Detector,
  Duration,
  defineDetector,
  FieldPath,
  type FieldReader,
  fieldReader,
  formatDuration,
  type LogBatch,
  Pattern,
  Patterns,
  Record,
  type Report,
  type Static,
  Type,
  textOf,
} from '@weir/sdk'
import { Saved, savedTime } from '@weir/windows'
import { fieldName } from '../field-name.ts'
import { sampleOf } from '../sample.ts'
import { MessageReader } from '../templates/message-reader.ts'
import { TemplateMiner } from '../templates/template-miner.ts'
import { Flow, type FlowFault } from './flow.ts'
import { MessageOrder } from './message-order.ts'
import { Novelty } from './novelty.ts'

const config = Type.Object({
  session: FieldPath({ description: 'Field that says which records belong together: `attributes.request_id`.' }),
  field: FieldPath({ description: 'Field that holds the message.', default: 'body' }),
  steps: Type.Array(
    Type.Object({
      name: Type.String({ description: 'What the step is called in alerts.', minLength: 1 }),
      pattern: Pattern({ description: 'Regular expression of its message.', minLength: 1 }),
    }),
    {
      description: 'Steps that must follow one another. Left out, the order of the kinds of messages is learnt.',
      default: [],
    },
  ),
  within: Duration({ description: 'Time from the first step to the last.', default: '5m' }),
  warmup: Duration({ description: 'Time for which orders are only learnt.', default: '1h' }),
  warmup_records: Type.Integer({
    description: 'Records from which orders are only learnt.',
    default: 1000,
    minimum: 0,
  }),
  max_sessions: Type.Integer({
    description: 'Sessions that are followed; the one that was not seen for longest makes room.',
    default: 10_000,
    minimum: 1,
  }),
  max_alerts: Type.Integer({
    description: 'Orders that are reported within ten minutes; more are counted in the next alert.',
    default: 10,
    minimum: 1,
  }),
})

type Config = Static<typeof config>

/** Kinds of messages that are remembered. */
const maxTemplates = 2000

/** Notices steps that are missing or late in a flow, or messages in an order that was never seen. */
class SequenceDetector implements Detector {
  readonly #config: Config
  readonly #session: FieldReader
  readonly #message: FieldReader
  readonly #patterns: readonly CompiledPattern[]
  readonly #flow: Flow
  readonly #miner = new TemplateMiner(maxTemplates)
  readonly #reader: MessageReader
  readonly #order: MessageOrder
  readonly #novelty: Novelty
  #startedAt = Number.NaN

  constructor(given: Config, patterns: Patterns) {
    this.#config = given
    this.#session = fieldReader(given.session)
    this.#message = fieldReader(given.field)
    this.#patterns = given.steps.map(({ pattern }) => patterns.compile(pattern))
    this.#flow = new Flow(given.steps.length, given.within, given.max_sessions)
    this.#reader = new MessageReader(this.#miner, given.field)
    this.#order = new MessageOrder(given.max_sessions)
    this.#novelty = new Novelty(given.max_alerts)
  }

  observe(record: Record, report: Report): void {
    const session = textOf(this.#session(record))
    if (session === '' || Number.isNaN(record.time)) return
    if (this.#patterns.length === 0) this.#learn(session, record, report)
    else this.#follow(session, record, report)
  }

  observeBatch(batch: LogBatch, report: Report): void {
    const record = new Record(batch)
    for (let index = 0; index < batch.length; index++) this.observe(record.at(batch.rowAt(index)), report)
  }

  advance(watermark: number, report: Report): void {
    for (const fault of this.#flow.overdue(watermark)) this.#reportFault(fault, watermark, [], report)
  }

  interrupt(): void {
    this.#flow.clear()
    this.#order.interrupt()
  }

  describe(): string | undefined {
    if (this.#patterns.length > 0) return undefined
    return `${this.#order.size} orders of ${this.#miner.templates.length} kinds of messages`
  }

  snapshot(): AttributeValue {
    return {
      flow: this.#flow.snapshot(),
      order: this.#order.snapshot(),
      miner: this.#miner.snapshot(),
      novelty: this.#novelty.snapshot(),
      startedAt: savedTime(this.#startedAt),
    }
  }

  restore(snapshot: AttributeValue): void {
    const saved = new Saved(snapshot)
    this.#flow.restore(saved.children('flow'))
    this.#order.restore(saved.child('order'))
    this.#miner.restore(saved.value('miner'))
    this.#novelty.restore(saved.child('novelty'))
    this.#startedAt = saved.number('startedAt', Number.NaN)
  }

  #follow(session: string, record: Record, report: Report): void {
    const message = textOf(this.#message(record))
    const step = this.#patterns.findIndex((pattern) => pattern.test(message))
    if (step < 0) return
    const fault = this.#flow.see(session, step, record.time)
    if (fault !== undefined) this.#reportFault(fault, record.time, [sampleOf(record)], report)
  }

  #reportFault({ session, step, isLate, startedAt }: FlowFault, time: number, samples: string[], report: Report): void {
    const { steps, within, session: field } = this.#config
    const name = steps[step]?.name ?? ''
    report({
      title: isLate ? `step "${name}" has not come within ${formatDuration(within)}` : `step "${name}" was left out`,
      severity: 'warning',
      time,
      key: `${isLate ? 'late' : 'missing'} ${name}`,
      evidence: { [fieldName(field)]: session, after: steps[step - 1]?.name ?? '' },
      ...(samples.length > 0 ? { samples } : {}),
      windowStart: startedAt,
      windowEnd: time,
    })
  }

  #learn(session: string, record: Record, report: Report): void {
    const { time } = record
    if (Number.isNaN(this.#startedAt)) this.#startedAt = time
    const mined = this.#reader.mine(record.batch, record.row)
    if (mined === undefined) return
    const { template, isNew } = mined
    const past = this.#order.next(session, template.id)
    if (past === undefined) return
    const { messages } = this.#miner
    const isUsual = this.#novelty.found(messages)
    const { warmup, warmup_records: least, session: field } = this.#config
    // A kind of message that is itself new has no order yet: that is what new_pattern reports.
    if (isUsual || isNew || messages <= least || time < this.#startedAt + warmup) return
    const suppressed = this.#novelty.admit(time)
    if (suppressed === undefined) return
    const before = this.#miner.templates.find(({ id }) => id === past)?.text ?? past
    report({
      title: `new order of messages: ${template.text}`,
      severity: 'info',
      time,
      key: `${past} ${template.id}`,
      observed: `after: ${before}`,
      evidence: { [fieldName(field)]: session, ...(suppressed === 0 ? {} : { not_reported: suppressed }) },
      samples: [sampleOf(record)],
    })
  }
}

export const sequence = defineDetector({
  type: 'sequence',
  description: 'A step that is missing or late in a flow, or messages in an order that was never seen',
  config,
  inject: { patterns: Patterns },
  create: ({ config: given, patterns }) => new SequenceDetector(given, patterns),
})
