import type { ReloadOutcome } from '@weir/control'
import type { Collector, Prepared } from '@weir/core'
import { messageOf } from '@weir/sdk'
import { report } from './prepared.ts'
import { Watcher } from './watcher.ts'

/**
 * Lets a collector go over to a changed config or plugin: on SIGHUP, when asked, and with `watch` at every change of the
 * files. A config that is wrong is reported, and what runs goes on as it is.
 */
export class Reloading {
  readonly #prepareAgain: () => Promise<Prepared>
  readonly #watcher: Watcher | undefined
  /** From the beginning on: a signal that comes during the start must not end the process. */
  readonly #onHangup = () => {
    if (this.#collector === undefined) this.#isAsked = true
    else void this.reload('told to reload')
  }
  #isAsked = false
  #collector: Collector | undefined

  constructor(options: { watch: boolean; prepareAgain: () => Promise<Prepared> }) {
    this.#prepareAgain = options.prepareAgain
    process.on('SIGHUP', this.#onHangup)
    this.#watcher = options.watch ? new Watcher(() => void this.reload('a file has changed')) : undefined
  }

  /** From now on, of this collector. */
  start(collector: Collector, prepared: Prepared): void {
    this.#collector = collector
    this.#follow(prepared)
    if (this.#isAsked) this.#onHangup()
  }

  /** Watches what it was made from. What changed after it was read and before it was watched, a second look shows. */
  #follow(prepared: Prepared): void {
    if (this.#watcher?.watch(prepared.watched) === true) void this.#lookAgain(prepared)
  }

  async #lookAgain(before: Prepared): Promise<void> {
    const now = await this.#prepareAgain().catch(() => undefined)
    if (now === undefined || contentOf(now) !== contentOf(before)) await this.reload('a file has changed')
  }

  end(): void {
    this.#collector = undefined
    process.off('SIGHUP', this.#onHangup)
    this.#watcher?.close()
  }

  /** @param reason what the log says about it */
  async reload(reason: string): Promise<ReloadOutcome> {
    const collector = this.#collector
    if (collector === undefined) return { outcome: 'failed', message: 'the collector is starting or stopping' }
    const { logger } = collector
    try {
      const next = await this.#prepareAgain()
      this.#follow(next)
      const { diagnostics } = next
      const plugins = next.pluginProblems.map(({ error }) => error.message)
      if (!report(next)) {
        logger.error(`${reason}, but the config is wrong: what runs goes on`)
        return { outcome: 'invalid', diagnostics, plugins }
      }
      await collector.reload(next)
      logger.info(`${reason}: reloaded`)
      return { outcome: 'reloaded', diagnostics, plugins }
    } catch (error) {
      const message = messageOf(error)
      logger.error({ error: message }, `${reason}, but it could not be started: what ran before runs again`)
      return { outcome: 'failed', message }
    }
  }
}

/** Equal for configs and plugins that are the same. */
const contentOf = ({ config, diagnostics, pluginProblems, registry }: Prepared): string =>
  JSON.stringify([
    ...[config?.raw, diagnostics, pluginProblems.map(({ error }) => error.message)],
    registry.all().map(({ packageName, entry }) => [packageName, entry]),
  ])
