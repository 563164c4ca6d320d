import { isWeirError, type Logger, messageOf } from '@weir/sdk'
import { AlertBook } from './alert-book.ts'
import { ControlServer, type ControlView } from './control-server.ts'
import { TapPoints } from './tap-points.ts'

export interface ControlOptions extends Omit<ControlView, 'taps'> {
  /** As the config says. */
  readonly isEnabled: boolean
  readonly stateDir: string | 'memory'
  readonly logger: Pick<Logger, 'info' | 'warn'>
}

/** What others see of the running collector: its points, its alerts, and the socket through which they see it. */
export class Control {
  readonly alerts = new AlertBook()
  readonly taps = new TapPoints(({ kind, id }, point) => {
    if (kind === 'pipeline' && /^alerts(\/|$)/.test(id)) point.watch(this.alerts)
  })
  #current: { readonly server: ControlServer; readonly stateDir: string } | undefined
  readonly #retired = new Set<ControlServer>()

  /**
   * Opens the socket, moves it when the state directory has become another, or closes it: as the config says. Who watches
   * through one goes on. A collector that cannot be seen works all the same: what is in the way is only logged.
   */
  async open({ isEnabled, stateDir, logger, ...view }: ControlOptions): Promise<void> {
    const former = this.#current
    if (isEnabled && former?.stateDir === stateDir) return
    this.#current = undefined
    former?.server.retire()
    if (former !== undefined) this.#retired.add(former.server)
    if (!isEnabled) return
    try {
      const { server, path } = await ControlServer.open({ ...view, taps: this.taps }, stateDir)
      this.#current = { server, stateDir }
      if (stateDir === 'memory') logger.info({ path }, 'weir top, tap and reload reach this process by --socket')
    } catch (error) {
      const hint = isWeirError(error) ? error.hint : undefined
      const details = { error: messageOf(error), ...(hint && { hint }) }
      logger.warn(details, 'weir top, tap and reload cannot reach this process')
    }
  }

  async close(): Promise<void> {
    const servers = [...this.#retired, ...(this.#current === undefined ? [] : [this.#current.server])]
    await Promise.all(servers.map((server) => server.close()))
  }
}
