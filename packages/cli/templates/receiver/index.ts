import { Batches, Clock, Duration, defineReceiver, Severity, type Timer, Type } from '@weir/sdk'

export default defineReceiver({
  type: 'my_plugin',
  description: 'Says at intervals that it is alive',
  config: Type.Object({
    interval: Duration({ description: 'Time between two records', default: '10s' }),
  }),
  inject: { batches: Batches, clock: Clock },
  create({ config, batches, clock }) {
    let timer: Timer | undefined
    let count = 0
    let isWaiting = false
    return {
      start(output) {
        timer = clock.every(config.interval, async () => {
          if (isWaiting) return
          const batch = batches.take().reset({ source: 'my_plugin', observedTime: clock.now() })
          const record = batch.append()
          record.time = clock.now()
          record.severityNumber = Severity.INFO
          record.body = `alive, ${++count}`
          isWaiting = true
          await output.send(batch) // waits for room: that is the backpressure
          isWaiting = false
        })
      },
      stop() {
        timer?.cancel()
      },
    }
  },
})
