import { Duration, defineDetector, formatDuration, Type } from '@weir/sdk'

export default defineDetector({
  type: 'silence',
  description: 'Nothing was logged for a while',
  config: Type.Object({ after: Duration({ description: 'How long nothing must have come', default: '5m' }) }),
  create({ config }) {
    let last = Number.NaN
    let isSilent = false
    return {
      observe(record, report) {
        if (isSilent) report({ title: 'logs again', severity: 'info', state: 'resolved', time: record.time })
        isSilent = false
        last = record.time
      },
      advance(watermark, report) {
        if (isSilent || !(watermark - last >= config.after)) return
        isSilent = true
        const evidence = { last: new Date(last).toISOString() }
        const title = `nothing was logged for ${formatDuration(config.after)}`
        report({ title, severity: 'warning', time: watermark, resolves: true, evidence })
      },
      snapshot: () => ({ last, isSilent }),
      restore(snapshot) {
        if (typeof snapshot !== 'object' || snapshot === null || Array.isArray(snapshot)) return
        last = Number(snapshot.last)
        isSilent = snapshot.isSilent === true
      },
    }
  },
})
