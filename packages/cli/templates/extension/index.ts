import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Clock, Duration, defineExtension, RunMode, type Timer, Type } from '@weir/sdk'

export default defineExtension({
  type: 'my_plugin',
  description: 'Touches a file while Weir is up',
  config: Type.Object({
    path: Type.String({ description: 'The file, relative to the config', default: 'my_plugin.alive' }),
    interval: Duration({ description: 'How often', default: '10s' }),
  }),
  inject: { clock: Clock, mode: RunMode },
  create({ config, clock, mode }) {
    const path = resolve(mode.baseDir, config.path)
    const touch = () => writeFileSync(path, `${new Date(clock.now()).toISOString()}\n`)
    let timer: Timer | undefined
    return {
      start() {
        touch()
        timer = clock.every(config.interval, touch)
      },
      stop() {
        timer?.cancel()
      },
    }
  },
})
