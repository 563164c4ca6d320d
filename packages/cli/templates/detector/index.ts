import { defineDetector, Type } from '@weir/sdk'

export default defineDetector({
  type: 'my_plugin',
  description: 'Many records within one second',
  config: Type.Object({
    threshold: Type.Integer({ description: 'Records within one second', default: 1000, minimum: 1 }),
  }),
  create({ config }) {
    let second = Number.NaN
    let count = 0
    return {
      observe(record, report) {
        const now = Math.floor(record.time / 1000)
        if (now !== second) {
          second = now
          count = 0
        }
        if (++count === config.threshold) {
          report({ title: `${count} records within one second`, severity: 'warning', time: record.time })
        }
      },
      snapshot: () => ({ second, count }),
      restore(snapshot) {
        if (typeof snapshot !== 'object' || snapshot === null || Array.isArray(snapshot)) return
        second = Number(snapshot.second ?? Number.NaN)
        count = Number(snapshot.count)
      },
    }
  },
})
