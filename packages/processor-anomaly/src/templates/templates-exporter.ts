import {
  defineExporter,
  type Exporter,
  FieldPath,
  type LogBatch,
  OneOf,
  Patterns,
  printable,
  type Static,
  Terminal,
  Type,
} from '@weir/sdk'
import { customMasks } from './custom-masks.ts'
import { Masks } from './masks-key.ts'
import { MessageReader } from './message-reader.ts'
import type { Template } from './template.ts'
import { TemplateMiner } from './template-miner.ts'

const config = Type.Object({
  field: FieldPath({ description: 'Field that holds the message.', default: 'body' }),
  top: Type.Integer({ description: 'Most frequent templates that are shown. `0`: all.', default: 20, minimum: 0 }),
  format: OneOf(['table', 'json'], {
    description: '`table`: for people. `json`: one object a line, for another program to read.',
    default: 'table',
  }),
  max_clusters: Type.Integer({
    description: 'Kinds of messages that are remembered; those not seen for longest make room.',
    default: 10_000,
    minimum: 16,
    maximum: 100_000,
  }),
  masks: Masks,
})

const isoTime = (time: number): string | null => (Number.isNaN(time) ? null : new Date(time).toISOString())

/** Mines the messages of all records, and shows the templates when no more will come. */
class TemplatesExporter implements Exporter {
  readonly #config: Static<typeof config>
  readonly #miner: TemplateMiner
  readonly #reader: MessageReader
  readonly #terminal: Terminal
  #isShown = false

  constructor(given: Static<typeof config>, patterns: Patterns, terminal: Terminal) {
    this.#config = given
    this.#miner = new TemplateMiner(given.max_clusters)
    this.#reader = new MessageReader(this.#miner, given.field, customMasks(given.masks, patterns))
    this.#terminal = terminal
  }

  async export(batch: LogBatch): Promise<void> {
    for (let index = 0; index < batch.length; index++) this.#reader.mine(batch, batch.rowAt(index))
  }

  stop(): void {
    if (this.#isShown) return
    this.#isShown = true
    const all = this.#miner.templates.sort((one, other) => other.count - one.count || one.firstSeen - other.firstSeen)
    const { top, format } = this.#config
    const shown = top === 0 ? all : all.slice(0, top)
    if (format === 'json') {
      for (const template of shown) this.#terminal.write(`${JSON.stringify(this.#plain(template))}\n`)
    } else {
      this.#terminal.write(this.#table(shown, all))
    }
  }

  #plain(template: Template) {
    const { id, count, text, example, firstTime, lastTime } = template
    return {
      ...{ id, count, template: text },
      parameters: this.#miner.parameters(template, example),
      ...{ example, first_seen: isoTime(firstTime), last_seen: isoTime(lastTime) },
    }
  }

  #table(shown: readonly Template[], all: readonly Template[]): string {
    const total = all.reduce((sum, { count }) => sum + count, 0)
    const blocks = shown.map(({ id, count, text, example, firstTime, lastTime }) => {
      const share = `${((count / total) * 100).toFixed(1)} %`.padStart(7)
      const from = isoTime(firstTime)
      const times = from === null ? '' : `${' '.repeat(20)}${from} to ${isoTime(lastTime)}\n`
      const first = example === text ? '' : `${' '.repeat(20)}${printable(example)}\n`
      return `${String(count).padStart(10)} ${share}  ${printable(text)}  [${id}]\n${first}${times}`
    })
    return `${blocks.join('')}${all.length} templates, ${total} messages\n`
  }
}

export const templates = defineExporter({
  type: 'templates',
  description: 'Finds out what kinds of messages there are and shows the most frequent at the end',
  config,
  inject: { patterns: Patterns, terminal: Terminal },
  create: ({ config: given, patterns, terminal }) => new TemplatesExporter(given, patterns, terminal),
})
