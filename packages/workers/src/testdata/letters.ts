import { isMainThread } from 'node:worker_threads'
import { defineParser, defineProcessor } from '@weir/sdk'

/** Says of every line in which thread it was parsed; throws in a worker at a line that says so. */
const parser = defineParser({
  type: 'letters',
  parallel: true,
  create: () => ({
    parse(line, record) {
      if (!isMainThread && line.includes('throw')) throw new Error('thrown by the parser')
      record.attributes.set('letters', line.length).set('worker', !isMainThread)
      record.time = 1000 + line.length
      return !line.startsWith('?')
    },
  }),
})

const processor = defineProcessor({
  type: 'reverse',
  parallel: true,
  mutates: true,
  create: () => ({
    process(batch) {
      batch.forEach((record) => {
        record.body = [...String(record.body)].reverse().join('')
      })
      return batch
    },
  }),
})

export default [parser, processor]
