import { threadId } from 'node:worker_threads'
import { defineParser, defineProcessor, Type } from '@weir/sdk'

const config = Type.Object({ mark: Type.String({ description: 'Says which config it has.', default: 'first' }) })

/** Say in which thread they run, and how many batches they have seen there. */
export default [
  defineProcessor({
    type: 'thread',
    mutates: true,
    config,
    create: ({ config: { mark } }) => {
      let batches = 0
      return {
        process(batch) {
          batches++
          batch.forEach((record) => {
            record.attributes.set('thread', threadId)
            record.attributes.set('batches', batches)
            record.attributes.set('mark', mark)
          })
          return batch
        },
      }
    },
  }),
  defineParser({
    type: 'thread',
    parallel: true,
    config,
    create: ({ config: { mark } }) => {
      let lines = 0
      return {
        parse(line, record) {
          record.body = line
          record.attributes.set('thread', threadId)
          record.attributes.set('lines', ++lines)
          record.attributes.set('mark', mark)
          return true
        },
      }
    },
  }),
]
