import {
  type AlertSeverity,
  type AttributeValue,
  type Counter,
  type Detector,
  Duration,
  defineDetector,
  FieldPath,
  formatDuration,
  type LogBatch,
  Meter,
  Patterns,
  Record,
  type Report,
  Severity,
  type Static,
  Type,
} from '@weir/sdk'
import { Saved, savedTime } from '@weir/windows'
import { sampleOf } from '../sample.ts'
import { customMasks } from '../templates/custom-masks.ts'
import { Masks } from '../templates/masks-key.ts'
import { MessageReader } from '../templates/message-reader.ts'
import { TemplateCounts } from '../templates/template-counts.ts'
import { type Mined, TemplateMiner } from '../templates/template-miner.ts'
import { Novelty } from './novelty.ts'

const config = Type.Object({
  field: FieldPath({
    description: 'Field that holds the message. Of a line of an access log, method and status are taken.',
    default: 'body',
  }),
  warmup: Duration({ description: 'Time that is only learnt from at first.', default: '10m' }),
  warmup_records: Type.Integer({
    description: 'Records that are only learnt from at first.',
    default: 1000,
    minimum: 0,
  }),
  max_clusters: Type.Integer({
    description: 'Kinds of messages that are remembered; those not seen for longest make room.',
    default: 2000,
    minimum: 16,
    maximum: 100_000,
  }),
  max_alerts: Type.Integer({
    description: 'New kinds that are reported within ten minutes; more are counted in the next alert.',
    default: 10,
    minimum: 1,
  }),
  again_after: Duration({
    description: 'A message that was not seen for so long is reported when it is back; `0s`: never.',
    default: '30d',
  }),
  masks: Masks,
  variations: Type.Boolean({
    description: 'Also report messages that differ from a known kind by one word only.',
    default: false,
  }),
})

type Config = Static<typeof config>

/** The counts in the metrics are brought up to date this often, in event time. */
const countingMs = 60_000

const hourMs = 3_600_000
const wholeHours = (ms: number): number => (ms > hourMs ? Math.floor(ms / hourMs) * hourMs : ms)

const severityOf = (severityNumber: number): AlertSeverity =>
  severityNumber >= Severity.FATAL ? 'critical' : severityNumber >= Severity.ERROR ? 'warning' : 'info'

/** Notices messages of a kind that was never seen. */
class NewPatternDetector implements Detector {
  readonly #config: Config
  readonly #miner: TemplateMiner
  readonly #reader: MessageReader
  readonly #counts: TemplateCounts
  readonly #novelty: Novelty
  readonly #againAfter: number
  #startedAt = Number.NaN
  #countedAt = Number.NEGATIVE_INFINITY

  constructor(given: Config, counter: Counter, patterns: Patterns) {
    this.#config = given
    this.#miner = new TemplateMiner(given.max_clusters)
    this.#reader = new MessageReader(this.#miner, given.field, customMasks(given.masks, patterns))
    this.#counts = new TemplateCounts(counter, this.#miner)
    this.#novelty = new Novelty(given.max_alerts)
    this.#againAfter = given.again_after === 0 ? Number.POSITIVE_INFINITY : given.again_after
  }

  observe(record: Record, report: Report): void {
    const { batch, row } = record
    const mined = this.#reader.mine(batch, row)
    if (mined !== undefined && this.#isNews(mined)) this.#found(mined, record, report)
  }

  observeBatch(batch: LogBatch, report: Report): void {
    const { selection, length } = batch
    for (let index = 0; index < length; index++) {
      const row = selection === null ? index : (selection[index] ?? 0)
      const mined = this.#reader.mine(batch, row)
      if (mined !== undefined && this.#isNews(mined)) this.#found(mined, new Record(batch).at(row), report)
    }
  }

  describe(): string {
    return `${this.#miner.templates.length} kinds of messages, from ${this.#miner.messages} messages`
  }

  advance(watermark: number): void {
    if (watermark < this.#countedAt + countingMs) return
    this.#countedAt = watermark
    this.#counts.update()
  }

  stop(): void {
    this.#counts.update()
  }

  snapshot(): AttributeValue {
    return {
      startedAt: savedTime(this.#startedAt),
      novelty: this.#novelty.snapshot(),
      miner: this.#miner.snapshot(),
    }
  }

  restore(snapshot: AttributeValue): void {
    const saved = new Saved(snapshot)
    this.#startedAt = saved.number('startedAt', Number.NaN)
    this.#novelty.restore(saved.child('novelty'))
    this.#miner.restore(saved.value('miner'))
    this.#counts.forgetPast()
  }

  #isNews({ isNew, silence }: Mined): boolean {
    return isNew || silence > this.#againAfter
  }

  #found({ template, isNew, isVariation, silence }: Mined, record: Record, report: Report): void {
    const { warmup, warmup_records: least, variations } = this.#config
    const time = Number.isNaN(record.time) ? 0 : record.time
    if (Number.isNaN(this.#startedAt)) this.#startedAt = time
    const { messages, size } = this.#miner
    const isUsual = isNew && this.#novelty.found(messages)
    if (messages <= least || time < this.#startedAt + warmup) return
    if (isUsual || (isVariation && !variations)) return
    const suppressed = this.#novelty.admit(time)
    if (suppressed === undefined) return
    report({
      title: isNew
        ? `new message: ${template.text}`
        : `message is back after ${formatDuration(wholeHours(silence))}: ${template.text}`,
      severity: severityOf(record.severityNumber),
      time,
      key: template.id,
      evidence: {
        template: template.id,
        known_templates: size - 1,
        messages_before: messages - 1,
        rarity: `${template.count} of ${messages} messages`,
        ...(isNew ? {} : { seen_before: template.count - 1 }),
        ...(suppressed === 0 ? {} : { not_reported: suppressed }),
      },
      samples: [sampleOf(record)],
    })
  }
}

export const newPattern = defineDetector({
  type: 'new_pattern',
  description: 'A kind of message that was never seen',
  config,
  inject: { meter: Meter, patterns: Patterns },
  create: ({ config: given, meter, patterns }) =>
    new NewPatternDetector(
      given,
      meter.counter('weir_detector_template_records', {
        description: 'Records of the most frequent kinds of messages',
        unit: '{record}',
      }),
      patterns,
    ),
})
