import { Clock, defineDetector, defineParser, defineProcessor, Logger, Meter, type Record, State, Type, WeirError } from '@weir/sdk'

const config = Type.Object({ how: Type.String({ description: 'How it misbehaves, at a text that says now.', default: '' }) })
const kept: unknown[] = []

/** Does to the thread what plugins should not. */
function misbehave(how: string): void | Promise<never> {
  switch (how) {
    case 'throw':
      throw new Error('it was thrown')
    case 'reject':
      return Promise.reject(new Error('it was rejected'))
    case 'never':
      return new Promise(() => {})
    case 'loop':
      for (;;);
    case 'leak':
      for (;;) kept.push({ number: kept.length, text: 'leaked '.repeat(kept.length % 100) })
    case 'leak_outside':
      for (let count = 0; count < 40; count++) kept.push(new Uint8Array(2 ** 20))
      return
    case 'exit':
      process.exit(7)
  }
}

const isNow = (text: unknown): boolean => String(text).includes('now')

const created = (how: string): void => {
  if (how === 'create') throw new Error('it cannot be')
  if (how === 'create_on_purpose') throw new WeirError('the key is wrong', { code: 'WEIR_TEST_KEY', hint: 'put it right' })
}

const parser = defineParser({
  type: 'misbehaving',
  config,
  create: ({ config: { how } }) => {
    created(how)
    return {
      parse(line, record) {
        // A method that says it is synchronous and is not.
        if (isNow(line)) return (misbehave(how) as unknown as boolean) ?? true
        record.attributes.set('parsed', true)
        return !line.startsWith('?')
      },
      sniff: () => 0.5,
    }
  },
})

/** Counts lines by source, and knows those that continue a record. */
const remembering = defineParser({
  type: 'remembering',
  create: () => {
    const counting = () => {
      let count = 0
      return {
        parse(line: string, record: Record) {
          if (line.startsWith(' ')) return false
          record.attributes.set('count', ++count)
          return true
        },
        continues: (line: string, previous = '') => line.startsWith(' ') || previous.endsWith('\\'),
      }
    }
    return { ...counting(), open: counting }
  },
})

const processor = defineProcessor({
  type: 'misbehaving',
  config,
  mutates: true,
  inject: { logger: Logger, meter: Meter, state: State, clock: Clock },
  create: ({ config: { how }, logger, meter, state }) => {
    created(how)
    const batches = meter.counter('weir_test_batches', { description: 'Batches', unit: '{batch}' })
    return {
      start() {
        if (how === 'start') throw new Error('it cannot start')
        state.set('starts', Number(state.get('starts') ?? 0) + 1)
        logger.info({ starts: state.get('starts') ?? null }, 'started')
      },
      async process(batch) {
        batches.add(1)
        let hasNow = false
        batch.forEach((record) => {
          hasNow ||= isNow(record.body)
          record.attributes.set('processed', true)
        })
        if (hasNow) await misbehave(how)
        return batch
      },
    }
  },
})

const filter = defineProcessor({
  type: 'filter',
  create: () => ({ process: (batch) => batch.filter((record) => !String(record.body).startsWith('-')) }),
})

const detector = defineDetector({
  type: 'misbehaving',
  config,
  create: ({ config: { how } }) => {
    created(how)
    let count = 0
    return {
      observe(record, report) {
        count++
        report({ title: `record ${count}`, severity: 'info', time: record.time })
        if (isNow(record.body)) misbehave(how)
      },
      snapshot: () => count,
      restore(snapshot) {
        if (snapshot === 'unusable') throw new Error('it cannot be used')
        count = Number(snapshot)
      },
    }
  },
})

/** Says what it has learnt and what its alerts are about, and lets go of what is under way. */
const telling = defineDetector({
  type: 'telling',
  create: () => {
    let [count, underWay] = [0, 0]
    return {
      observe() {
        count++
        underWay++
      },
      describe: () => (count === 0 ? undefined : `${count} records, ${underWay} under way`),
      interrupt() {
        underWay = 0
      },
      concerns: (record) => record.severityNumber >= 17 && record.attributes.get('path') === '/cart',
    }
  },
})

export default [parser, remembering, processor, filter, detector, telling]
