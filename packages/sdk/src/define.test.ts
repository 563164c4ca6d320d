import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  Clock,
  Duration,
  defineDetector,
  defineExporter,
  defineParser,
  defineProcessor,
  defineReceiver,
  isDefinition,
  OneOf,
  State,
  Type,
} from './index.ts'

const config = Type.Object({
  window: Duration({ description: 'How long', default: '1m' }),
  mode: OneOf(['fast', 'slow'], { description: 'How', default: 'fast' }),
  name: Type.Optional(Type.String({ description: 'Name' })),
})

describe('the type of what create gets', () => {
  it('has the properties of the schema, with their types, and no other', () => {
    const definition = defineProcessor({
      type: 'typed',
      config,
      create(context) {
        expectTypeOf(context.config.window).toEqualTypeOf<number>()
        expectTypeOf(context.config.mode).toEqualTypeOf<'fast' | 'slow'>()
        expectTypeOf(context.config.name).toEqualTypeOf<string | undefined>()
        expectTypeOf(context.config).not.toHaveProperty('windw')
        // @ts-expect-error: the schema has no such key
        void context.config.windw
        return { process: (batch) => batch }
      },
    })
    expect(isDefinition(definition)).toBe(true)
  })

  it('has the services that were asked for, and no other', () => {
    defineProcessor({
      type: 'typed',
      inject: { time: Clock, memory: State },
      create(context) {
        expectTypeOf(context.time).toEqualTypeOf<Clock>()
        expectTypeOf(context.memory).toEqualTypeOf<State>()
        expectTypeOf(context).not.toHaveProperty('logger')
        // @ts-expect-error: the token was not asked for
        void context.logger
        return { process: (batch) => batch }
      },
    })
    defineProcessor({
      type: 'typed',
      create(context) {
        // @ts-expect-error: no token was asked for
        void context.clock
        return { process: (batch) => batch }
      },
    })
  })

  it('takes nothing for a token that is none', () => {
    // @ts-expect-error: a token has a name
    defineProcessor({ type: 'typed', inject: { clock: 'clock' }, create: () => ({ process: (batch) => batch }) })
  })
})

describe('the type of what create returns', () => {
  it('is that of the kind', () => {
    // @ts-expect-error: parse returns whether the line is of the format
    defineParser({ type: 'wrong', create: () => ({ parse: () => 'yes' }) })
    // @ts-expect-error: a parser has parse
    defineParser({ type: 'wrong', create: () => ({}) })
    // @ts-expect-error: a processor returns a batch, or null
    defineProcessor({ type: 'wrong', create: () => ({ process: () => 'batch' }) })
    // @ts-expect-error: export returns a promise
    defineExporter({ type: 'wrong', create: () => ({ export: () => 1 }) })
    // @ts-expect-error: a receiver has stop
    defineReceiver({ type: 'wrong', create: () => ({ start() {} }) })
    // @ts-expect-error: a report has a title
    defineDetector({ type: 'wrong', create: () => ({ observe: (_, report) => report({ severity: 'info', time: 0 }) }) })
    // @ts-expect-error: what create returns is there at once
    defineProcessor({ type: 'wrong', create: async () => ({ process: (batch) => batch }) })
  })

  it('has the traits of the kind alone', () => {
    // @ts-expect-error: an exporter does not change records
    defineExporter({ type: 'wrong', mutates: true, create: () => ({ export: async () => {} }) })
    // @ts-expect-error: a receiver reads lines or records
    defineReceiver({ type: 'wrong', reads: 'bytes', create: () => ({ start() {}, stop() {} }) })
  })
})
