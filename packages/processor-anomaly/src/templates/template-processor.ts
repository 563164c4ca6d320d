import {
  type Checkpoint,
  defineProcessor,
  FieldPath,
  type LogBatch,
  Patterns,
  type Processor,
  Record,
  State,
  type Static,
  Type,
} from '@weir/sdk'
import { customMasks } from './custom-masks.ts'
import { Masks } from './masks-key.ts'
import { MessageReader } from './message-reader.ts'
import { TemplateMiner } from './template-miner.ts'

const config = Type.Object({
  field: FieldPath({ description: 'Field that holds the message.', default: 'body' }),
  max_clusters: Type.Integer({
    description: 'Kinds of messages that are remembered; those not seen for longest make room.',
    default: 2000,
    minimum: 16,
    maximum: 100_000,
  }),
  masks: Masks,
})

const stateKey = 'miner'

/** Tells of each record what kind of message it is, so that everything that groups can group by it. */
class TemplateProcessor implements Processor {
  readonly #miner: TemplateMiner
  readonly #reader: MessageReader
  readonly #state: State

  constructor(given: Static<typeof config>, patterns: Patterns, state: State) {
    this.#miner = new TemplateMiner(given.max_clusters)
    this.#reader = new MessageReader(this.#miner, given.field, customMasks(given.masks, patterns))
    this.#state = state
  }

  start(): void {
    this.#miner.restore(this.#state.get(stateKey))
  }

  process(batch: LogBatch): LogBatch {
    const record = new Record(batch)
    for (let index = 0; index < batch.length; index++) {
      const row = batch.rowAt(index)
      const template = this.#reader.mine(batch, row)?.template
      if (template === undefined || template.id === '') continue
      const { attributes } = record.at(row)
      attributes.set('log.template.id', template.id)
      attributes.set('log.template.text', template.text)
    }
    return batch
  }

  checkpoint(): Checkpoint {
    return { [stateKey]: this.#miner.snapshot() }
  }

  stop(): void {
    this.#state.setAll(this.checkpoint())
  }
}

export const template = defineProcessor({
  type: 'template',
  description: 'Adds the kind of message that each record is: `log.template.id` and `log.template.text`',
  config,
  mutates: true,
  inject: { patterns: Patterns, state: State },
  create: ({ config: given, patterns, state }) => new TemplateProcessor(given, patterns, state),
})
