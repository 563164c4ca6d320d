import { existsSync } from 'node:fs'
import type { ControlClient } from '@weir/control'
import { Collector } from '@weir/core'
import { type ReplayCounts, replayFile } from '@weir/dead-letter'
import { isWeirError, WeirError } from '@weir/sdk'
import { exitCode } from './exit-code.ts'
import { grouped } from './figures.ts'
import { prepareFrom, report } from './prepared.ts'
import { type ControlOptions, controlOf } from './running-collector.ts'

interface ReplayOptions extends ControlOptions {
  to?: string
  where?: string
  again?: boolean
  dryRun?: boolean
}

/** Sends the records of a file of dead letters again, through the running collector, or by one of its own. */
export async function replay(path: string, files: string[], options: ReplayOptions): Promise<void> {
  const { to, where, again, dryRun } = options
  if (!existsSync(path)) {
    throw new WeirError(`there is no file ${path}`, {
      code: 'WEIR_REPLAY_FILE',
      hint: 'name the path of a dead_letter',
    })
  }
  if (dryRun) {
    process.stdout.write(summary(await replayFile({ path, where, again }), 'would be replayed'))
    return
  }
  const control = await runningControl(files, options)
  if (control !== undefined) {
    const send = (lines: string) => control.replay(lines, to)
    process.stdout.write(summary(await replayFile({ path, where, again, send }), 'replayed'))
    return
  }
  const prepared = await prepareFrom(files, options)
  if (!report(prepared)) return
  const terminal = { write: (text: string) => void process.stdout.write(text) }
  const collector = new Collector(prepared, { once: true, receives: false, isTerminal: false, terminal })
  try {
    await collector.start()
    const send = (lines: string) => collector.replay(lines, to)
    process.stdout.write(summary(await replayFile({ path, where, again, send }), 'replayed'))
  } finally {
    if (!(await collector.stop())) process.exitCode = exitCode.failed
  }
}

/** The running collector of these files, if one runs. */
async function runningControl(files: string[], options: ReplayOptions): Promise<ControlClient | undefined> {
  const control = await controlOf(files, options)
  try {
    await control.status()
    return control
  } catch (error) {
    if (isWeirError(error) && error.code === 'WEIR_CONTROL_UNREACHABLE' && options.socket === undefined)
      return undefined
    throw error
  }
}

function summary({ chosen, before, other, unreadable }: ReplayCounts, what: string): string {
  const total = [...chosen.values()].reduce((sum, count) => sum + count, 0)
  const rest = [
    before > 0 && `${grouped(before)} were before (--again sends them, too)`,
    other > 0 && `for ${grouped(other)} the condition is not true`,
    unreadable > 0 && `${grouped(unreadable)} lines are no dead letters`,
  ].filter((text) => text !== false)
  const kinds = [...chosen].map(([kind, count]) => `  ${grouped(count)} ${kind}\n`)
  return `${grouped(total)} records ${what}${rest.map((text) => `; ${text}`).join('')}\n${kinds.join('')}`
}
