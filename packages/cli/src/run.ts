import { Collector, type Prepared } from '@weir/core'
import { printable, Terminal } from '@weir/sdk'
import type { LogLevel } from '@weir/telemetry'
import { exitCode } from './exit-code.ts'
import { type ConfigOptions, prepareFrom, report } from './prepared.ts'
import { Reloading } from './reloading.ts'
import { Screen } from './screen.ts'
import { givenUp, progressLine, summary } from './summary.ts'

interface RunOptions extends ConfigOptions {
  once?: boolean
  quiet?: boolean
  watch?: boolean
  control?: boolean
  logLevel?: LogLevel
}

const progressMs = 250
/** How long the process may take to end by itself once everything has been stopped. */
const endMs = 5000
/** Files that could not be read, of which the names are said. */
const maxNamed = 20

export async function run(files: string[], options: RunOptions): Promise<void> {
  const prepared = await prepareFrom(files, options)
  if (!report(prepared)) return
  const once = options.once === true
  const isTerminal = process.stdout.isTTY === true
  const screen = new Screen(
    process.stdout,
    isTerminal && options.quiet !== true,
    process.stderr.isTTY ? [process.stderr] : [],
  )
  const reloading = new Reloading({ watch: options.watch === true, prepareAgain: () => prepareFrom(files, options) })
  const collector = new Collector(prepared, {
    once,
    isTerminal,
    terminal: screen,
    logLevel: options.logLevel,
    control: once && options.control !== true ? undefined : { reload: () => reloading.reload('asked to reload') },
  })

  const interrupted = Promise.withResolvers<void>()
  let signals = 0
  const onSignal = () => {
    signals++
    if (signals === 1) interrupted.resolve()
    else if (signals === 2) collector.abort()
    else {
      process.off('exit', onExit)
      process.exit(exitCode.failed)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.stdout.on('error', () => interrupted.resolve())
  // A plugin's stray exception or promise must not take the others with it.
  process.on('uncaughtException', (error) =>
    collector.logger.error({ error: error.stack ?? error.message }, 'an exception that nobody caught'),
  )
  process.on('unhandledRejection', (error) =>
    collector.logger.error({ error: String(error) }, 'a rejection that nobody handled'),
  )

  const onExit = (code: number) => {
    const details = { code, at: whoEnds(new Error().stack) }
    collector.logger.error(details, 'a component ended the process: isolation: worker keeps it from that')
  }
  process.on('exit', onExit)

  const since = performance.now()
  const progress = setInterval(() => screen.progress(progressLine(collector, performance.now() - since)), progressMs)
  let failure: unknown
  try {
    await collector.start()
    reloading.start(collector, prepared)
    await Promise.race([once ? collector.ended() : collector.failed(), interrupted.promise])
  } catch (error) {
    failure = error
  }
  reloading.end()
  const isDelivered = await collector.stop()
  process.off('exit', onExit)
  clearInterval(progress)
  screen.progress('')
  if (options.quiet !== true && failure === undefined)
    (writesJson(prepared) ? process.stderr : screen).write(summary(collector, performance.now() - since, once))
  process.off('SIGINT', onSignal)
  process.off('SIGTERM', onSignal)
  endThough(collector)
  if (failure !== undefined) throw failure
  const { unread } = collector
  if (unread.length > 0) process.stderr.write(unreadText(unread))
  const isLost = once && givenUp(collector) > 0
  process.exitCode = !isDelivered || isLost ? exitCode.failed : unread.length > 0 ? exitCode.unread : exitCode.ok
}

/** Whether the output is for another program to read: what comes of it must be JSON alone. */
function writesJson({ plan, registry }: Prepared): boolean {
  const exporters = plan?.pipelines.flatMap((pipeline) => pipeline.exporters) ?? []
  return exporters.some(({ kind, type, resolved }) => {
    const services = Object.values(registry.find(kind, type)?.definition.inject ?? {})
    return resolved.format === 'json' && services.some(({ name }) => name === Terminal.name)
  })
}

/** What could not be read; the log has said why. */
function unreadText(unread: Collector['unread']): string {
  const named = unread.slice(0, maxNamed).map(({ receiver, source }) => `  ${receiver}  ${printable(source)}\n`)
  const more = unread.length > maxNamed ? `  and ${unread.length - maxNamed} more\n` : ''
  return `not read:\n${named.join('')}${more}`
}

/** Everything has been stopped and is safe: what a plugin or a library has left open must not keep the process from ending. */
function endThough({ logger }: Collector): void {
  const end = () => {
    logger.warn(
      { open: process.getActiveResourcesInfo() },
      'a component has left something open: the process ends though',
    )
    process.exit()
  }
  setTimeout(end, endMs).unref()
}

/** Where `process.exit` was called, from the stack of a handler of the exit. */
function whoEnds(stack = ''): string | undefined {
  const frames = stack.split('\n').map((frame) => frame.trim().replace(/^at /, ''))
  return frames[frames.findLastIndex((frame) => /\bprocess\.(reallyE|e)xit\b/.test(frame)) + 1]
}
