import type { Collector, Prepared } from '@weir/core'
import { messageOf } from '@weir/sdk'
import { report } from './prepared.ts'
import { Watcher } from './watcher.ts'

/**
 * Lets a collector go over to a changed config or plugin: on SIGHUP, and with `watch` at every change of the files. A
 * config that is wrong is reported, and what runs goes on as it is.
 * @returns how to end it
 */
export function reloading(
  collector: Collector,
  prepared: Prepared,
  options: { watch: boolean; prepareAgain: () => Promise<Prepared> },
): () => void {
  const { logger } = collector
  const watcher = new Watcher(() => void reload('a file has changed'))
  const reload = async (reason: string): Promise<void> => {
    try {
      const next = await options.prepareAgain()
      if (options.watch) watcher.watch(next.watched)
      if (!report(next)) return logger.error(`${reason}, but the config is wrong: what runs goes on`)
      await collector.reload(next)
      logger.info(`${reason}: reloaded`)
    } catch (error) {
      logger.error({ error: messageOf(error) }, `${reason}, but it could not be started: what ran before runs again`)
    }
  }
  const onHangup = () => void reload('told to reload')
  process.on('SIGHUP', onHangup)
  if (options.watch) watcher.watch(prepared.watched)
  return () => {
    process.off('SIGHUP', onHangup)
    watcher.close()
  }
}
