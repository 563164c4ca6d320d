import {
  type AttributeValue,
  type Detector,
  Duration,
  defineDetector,
  FieldPath,
  formatDuration,
  type LogBatch,
  Patterns,
  type Record,
  type Report,
  type Static,
  Type,
} from '@weir/sdk'
import { Saved, savedTime } from '@weir/windows'
import { customMasks } from '../templates/custom-masks.ts'
import { Masks } from '../templates/masks-key.ts'
import { MessageReader } from '../templates/message-reader.ts'
import type { Template } from '../templates/template.ts'
import { TemplateMiner } from '../templates/template-miner.ts'
import { Heartbeat, type HeartbeatRule } from './heartbeat.ts'
import { Novelty } from './novelty.ts'

const config = Type.Object({
  field: FieldPath({ description: 'Field that holds the message.', default: 'body' }),
  warmup: Duration({ description: 'Time for which a message must have come again and again.', default: '1h' }),
  min_records: Type.Integer({ description: 'How often it must have come.', default: 30, minimum: 3 }),
  factor: Type.Number({
    description:
      'It is missing when it is silent for so many times its longest silence, in time and in other messages.',
    default: 3,
    exclusiveMinimum: 1,
  }),
  min_silence: Duration({ description: 'Shortest silence that matters.', default: '1m' }),
  max_clusters: Type.Integer({
    description: 'Kinds of messages that are remembered; those not seen for longest make room.',
    default: 2000,
    minimum: 16,
    maximum: 100_000,
  }),
  max_alerts: Type.Integer({
    description: 'Messages that are reported within ten minutes; more are counted in the next alert.',
    default: 5,
    minimum: 1,
  }),
  masks: Masks,
})

type Config = Static<typeof config>

/** What is missing is looked for this often, in event time. */
const checkMs = 1000
/** A silence as people would say it. */
const roundedTo = (ms: number): number => (ms < 10_000 ? Math.ceil(ms / 10) * 10 : Math.ceil(ms / 1000) * 1000)

/** Notices that a message which came again and again does not come any more. */
class MissingPatternDetector implements Detector {
  readonly #budget: Novelty
  readonly #rule: HeartbeatRule
  readonly #miner: TemplateMiner
  readonly #reader: MessageReader
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(given: Config, patterns: Patterns) {
    this.#budget = new Novelty(given.max_alerts)
    this.#rule = {
      leastCount: given.min_records,
      leastSpan: given.warmup,
      factor: given.factor,
      leastSilence: given.min_silence,
    }
    this.#miner = new TemplateMiner(given.max_clusters)
    this.#reader = new MessageReader(this.#miner, given.field, customMasks(given.masks, patterns))
  }

  observe({ batch, row }: Record, report: Report): void {
    this.#see(batch, row, report)
  }

  observeBatch(batch: LogBatch, report: Report): void {
    for (let index = 0; index < batch.length; index++) this.#see(batch, batch.rowAt(index), report)
  }

  advance(watermark: number, report: Report): void {
    if (watermark < this.#checkedAt + checkMs) return
    this.#checkedAt = watermark
    const { messages } = this.#miner
    const missing = this.#miner.templates.filter((template) =>
      template.heartbeat?.misses(watermark, messages, this.#rule),
    )
    missing.sort((one, other) => other.count - one.count)
    for (const template of missing) {
      const { heartbeat } = template
      if (heartbeat === undefined) continue
      heartbeat.isMissing = true
      const suppressed = this.#budget.admit(watermark)
      if (suppressed !== undefined) this.#report(template, heartbeat, watermark, suppressed, report)
    }
  }

  interrupt(): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY
    for (const { heartbeat } of this.#miner.templates) heartbeat?.interrupt()
  }

  describe(): string | undefined {
    const regular = this.#miner.templates.filter(({ heartbeat }) => heartbeat?.isRegular(this.#rule) === true)
    return `${regular.length} of ${this.#miner.templates.length} kinds of messages come regularly`
  }

  snapshot(): AttributeValue {
    const beats = this.#miner.templates.flatMap(({ id, heartbeat }) =>
      heartbeat === undefined ? [] : [{ id, ...heartbeat.snapshot() }],
    )
    return {
      checkedAt: savedTime(this.#checkedAt),
      budget: this.#budget.snapshot(),
      miner: this.#miner.snapshot(),
      beats,
    }
  }

  restore(snapshot: AttributeValue): void {
    const saved = new Saved(snapshot)
    this.#checkedAt = saved.number('checkedAt', Number.NEGATIVE_INFINITY)
    this.#budget.restore(saved.child('budget'))
    this.#miner.restore(saved.value('miner'))
    const beats = new Map(saved.children('beats').map((beat) => [beat.text('id'), beat]))
    for (const template of this.#miner.templates) {
      const beat = beats.get(template.id)
      if (beat !== undefined) template.heartbeat = Heartbeat.from(beat)
    }
  }

  #see(batch: LogBatch, row: number, report: Report): void {
    const template = this.#reader.mine(batch, row)?.template
    const time = batch.time[row] ?? Number.NaN
    // Messages of no known kind have no id.
    if (template === undefined || Number.isNaN(time) || template.id === '') return
    template.heartbeat ??= new Heartbeat()
    if (!template.heartbeat.beat(time, this.#miner.messages)) return
    report({
      title: `message is back: ${template.text}`,
      severity: 'info',
      time,
      key: template.id,
      state: 'resolved',
      resolves: true,
    })
  }

  #report(template: Template, heartbeat: Heartbeat, time: number, suppressed: number, report: Report): void {
    const silence = time - heartbeat.last
    report({
      title: `message is missing for ${formatDuration(roundedTo(silence))}: ${template.text}`,
      severity: 'warning',
      time,
      key: template.id,
      resolves: true,
      observed: `nothing for ${formatDuration(roundedTo(silence))}`,
      expected: `at least every ${formatDuration(roundedTo(heartbeat.longest))}`,
      evidence: {
        template: template.id,
        seen_before: heartbeat.count,
        ...(suppressed > 0 ? { not_reported: suppressed } : {}),
      },
      samples: [template.example],
      windowStart: heartbeat.last,
      windowEnd: time,
    })
  }
}

export const missingPattern = defineDetector({
  type: 'missing_pattern',
  description: 'A message that came again and again and does not come any more',
  config,
  inject: { patterns: Patterns },
  create: ({ config: given, patterns }) => new MissingPatternDetector(given, patterns),
})
