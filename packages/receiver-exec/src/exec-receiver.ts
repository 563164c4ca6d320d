import { resolve } from 'node:path'
import { env as inherited } from 'node:process'
import {
  type Clock,
  type Counter,
  type Gauge,
  type Logger,
  type Meter,
  messageOf,
  type Output,
  printable,
  type Receiver,
  type RunMode,
} from '@weir/sdk'
import { CommandRun, type Outcome } from './command-run.ts'
import type { ExecConfig } from './config.ts'

export interface ExecReceiverOptions {
  readonly config: ExecConfig
  readonly componentId: string
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  readonly runMode: RunMode
}

/** Runs a command, once or again and again, and sends the lines that it writes. */
export class ExecReceiver implements Receiver {
  readonly #options: ExecReceiverOptions
  readonly #runs: Counter
  readonly #failures: Counter
  readonly #lost: Counter
  readonly #exitCode: Gauge
  readonly #stopping = new AbortController()
  #count = 0
  #run: CommandRun | undefined
  #running: Promise<void> | undefined
  #hasWarned = false

  constructor(options: ExecReceiverOptions) {
    const { meter } = options
    this.#options = options
    this.#runs = meter.counter('weir_receiver_exec_runs', { description: 'Runs of the command', unit: '{run}' })
    this.#failures = meter.counter('weir_receiver_exec_failed_runs', {
      description: 'Runs that failed, by reason: exit_code, signal, timeout, start',
      unit: '{run}',
    })
    this.#exitCode = meter.gauge('weir_receiver_exec_exit_code', { description: 'Exit code of the last run' })
    this.#lost = meter.counter('weir_receiver_exec_lost_bytes', {
      description: 'Bytes that were read and could not be delivered; a command does not repeat its output',
      unit: 'By',
    })
  }

  start(output: Output): void {
    if (this.#stopping.signal.aborted) return
    const { config, runMode } = this.#options
    const loop = runMode.once
      ? this.#runOnce(output)
      : config.mode === 'scheduled'
        ? this.#repeat(output)
        : this.#keep(output)
    this.#running = loop.then(() => {
      if (!this.#stopping.signal.aborted) output.end()
    })
  }

  /** Ends the command and all that it has started; what it has written by then is sent. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#run?.stop()
    await this.#running
  }

  async #runOnce(output: Output): Promise<void> {
    const failure = await this.#execute(output)
    if (failure !== undefined) this.#options.logger.error(failure)
  }

  async #repeat(output: Output): Promise<void> {
    const { clock, config } = this.#options
    while (!this.#stopping.signal.aborted) {
      const start = clock.monotonic()
      const failure = await this.#execute(output)
      if (failure !== undefined) this.#options.logger.warn(failure)
      const late = (clock.monotonic() - start) % config.interval
      await this.#sleep(config.interval - late)
    }
  }

  async #keep(output: Output): Promise<void> {
    const { clock, config, logger } = this.#options
    let delay = config.restart_delay
    for (;;) {
      const start = clock.monotonic()
      const failure = await this.#execute(output)
      if (this.#stopping.signal.aborted) return
      if (config.restart === 'never' || (config.restart === 'on_failure' && failure === undefined)) {
        if (failure === undefined) logger.info('the command has ended and is not started again')
        else logger.error(`${failure}; it is not started again`)
        return
      }
      if (clock.monotonic() - start >= config.restart_max_delay) delay = config.restart_delay
      logger.warn({ delay_ms: delay }, `${failure ?? 'the command has ended'}; it is started again`)
      await this.#sleep(delay)
      if (this.#stopping.signal.aborted) return
      delay = Math.min(delay * 2, config.restart_max_delay)
    }
  }

  /** Runs the command to its end; returns what went wrong, if something did. */
  async #execute(output: Output): Promise<string | undefined> {
    const { config, componentId, clock, runMode } = this.#options
    this.#count++
    this.#runs.add(1)
    this.#run = new CommandRun({
      command: config.command,
      workingDir: resolve(runMode.baseDir, config.working_dir),
      env: config.inherit_env ? { ...inherited, ...config.env } : config.env,
      stderr: config.stderr,
      id: `${componentId}/${this.#count}`,
      output,
      clock,
      flushMs: config.flush_period,
      timeoutMs: config.mode === 'scheduled' ? config.timeout : 0,
      stopMs: config.stop_timeout,
      onLost: (bytes, error) => this.#lose(bytes, error),
    })
    const outcome = await this.#run.ended
    this.#run = undefined
    return this.#stopping.signal.aborted ? undefined : this.#judge(outcome)
  }

  #judge({ code, signal, error, hasTimedOut, stderr }: Outcome): string | undefined {
    const { config } = this.#options
    if (code !== null) this.#exitCode.record(code)
    if (code !== null && config.success_codes.includes(code) && !hasTimedOut) return undefined
    const said = printable(stderr.trim())
    const last = said === '' ? '' : `: ${said}`
    if (error !== undefined) return this.#fail('start', `the command could not be started: ${error.message}`)
    if (hasTimedOut) return this.#fail('timeout', `the command did not end within its timeout and was killed${last}`)
    if (signal !== null) return this.#fail('signal', `the command was ended by ${signal}${last}`)
    return this.#fail('exit_code', `the command ended with exit code ${code}${last}`)
  }

  #fail(reason: string, message: string): string {
    this.#failures.add(1, { reason })
    return message
  }

  async #sleep(ms: number): Promise<void> {
    await this.#options.clock.sleep(ms, this.#stopping.signal).catch(() => {})
  }

  #lose(bytes: number, error: unknown): void {
    this.#lost.add(bytes)
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#options.logger.warn(
      `output of the command was read and not delivered, and cannot be read again: ${messageOf(error)}`,
    )
  }
}
