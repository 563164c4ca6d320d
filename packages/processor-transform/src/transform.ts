import {
  Conditions,
  defineProcessor,
  Expressions,
  type LogBatch,
  Meter,
  Parsers,
  type Processor,
  Record,
  textOf,
  WeirError,
} from '@weir/sdk'
import { type Action, changing, changingText, converting, deleting, renaming, setting, truncating } from './action.ts'
import { config, type Step, type TransformConfig } from './config.ts'
import { Digest } from './digest.ts'
import { parsing, parsingTo } from './parsing.ts'

interface Services {
  readonly conditions: Conditions
  readonly expressions: Expressions
  readonly parsers: Parsers
  readonly meter: Meter
}

/** @throws WeirError `WEIR_TRANSFORM_STEP` */
function check({ steps }: TransformConfig): void {
  const index = steps.findIndex(
    ({ to, rename, parse }) => to !== undefined && rename === undefined && parse === undefined,
  )
  if (index < 0) return
  throw new WeirError('only rename and parse have a use for the key "to"', {
    code: 'WEIR_TRANSFORM_STEP',
    hint: 'remove it, or write rename: and the field that is to be moved',
    configPath: ['steps', index, 'to'],
  })
}

/** Makes its steps on each batch, one after the other. */
class TransformProcessor implements Processor {
  readonly #steps: readonly { readonly act: Action; readonly isMeant: ((record: Record) => boolean) | undefined }[]

  constructor({ steps, hash_key }: TransformConfig, services: Services) {
    const digest = new Digest(hash_key)
    this.#steps = steps.map((step) => ({
      act: actionOf(step, digest, services),
      isMeant: step.where === undefined ? undefined : services.conditions.compile(step.where),
    }))
  }

  process(batch: LogBatch): LogBatch {
    const record = new Record(batch)
    const { length } = batch
    for (const { act, isMeant } of this.#steps) {
      for (let index = 0; index < length; index++) {
        record.at(batch.rowAt(index))
        if (isMeant === undefined || isMeant(record)) act(record)
      }
    }
    return batch
  }
}

function actionOf(step: Step, digest: Digest, { expressions, parsers, meter }: Services): Action {
  const { value, to, parser, max_size, separator, type } = step
  if (step.set !== undefined && value !== undefined) return setting(step.set, expressions.compile(value))
  if (step.rename !== undefined && to !== undefined) return renaming(step.rename, to)
  if (step.delete !== undefined) return deleting(step.delete)
  if (step.hash !== undefined) return changing(step.hash, (found) => digest.of(textOf(found)))
  if (step.truncate !== undefined && max_size !== undefined) return truncating(step.truncate, max_size)
  if (step.lower !== undefined) return changingText(step.lower, (text) => text.toLowerCase())
  if (step.upper !== undefined) return changingText(step.upper, (text) => text.toUpperCase())
  if (step.split !== undefined && separator !== undefined)
    return changingText(step.split, (text) => text.split(separator))
  if (step.convert !== undefined && type !== undefined) return converting(step.convert, type)
  if (step.parse !== undefined && parser !== undefined) {
    const failures = meter.counter('weir_transform_parse_failures', {
      description: 'Texts that the parser of a step did not understand',
      unit: '{record}',
    })
    const onFailure = () => failures.add(1, { parser })
    const shared = parsers.create(parser)
    const own = shared.open?.({ id: 'transform' }) ?? shared
    return to === undefined ? parsing(own, step.parse, onFailure) : parsingTo(own, step.parse, to, onFailure)
  }
  // The schema has seen to it that a step has what it needs.
  throw new WeirError('a step says nothing that could be done', { code: 'WEIR_TRANSFORM_STEP' })
}

export const transform = defineProcessor({
  type: 'transform',
  description: 'Changes records step by step: set, rename, delete, parse, hash, truncate, lower, upper, split, convert',
  stability: 'beta',
  config,
  check,
  mutates: true,
  inject: { conditions: Conditions, expressions: Expressions, parsers: Parsers, meter: Meter },
  create: ({ config: given, ...services }) => new TransformProcessor(given, services),
})
