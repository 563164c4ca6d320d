import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlClient } from '@weir/control'
import type { CollectorStatus } from '@weir/core'
import { messageOf } from '@weir/sdk'
import { type Activity, activityOf } from './activity.ts'
import { FullScreen } from './full-screen.ts'
import { paintFor } from './paint.ts'
import { type ControlOptions, controlOf } from './running-collector.ts'
import { topFrame } from './top-frame.ts'

interface TopOptions extends ControlOptions {
  once?: boolean
  json?: boolean
}

const intervalMs = 1000
/** Looks over which rates are taken, so that figures of what comes in bursts can be read. */
const smoothedOver = 3

/** What a running collector does: live on a terminal; once, for scripts. */
export async function top(files: string[], options: TopOptions): Promise<void> {
  const control = await controlOf(files, options)
  const first = await control.status()
  const paint = paintFor(process.stdout)
  if (options.json || options.once || !process.stdout.isTTY) {
    const activity = await activityAfter(control, first)
    const text = options.json ? JSON.stringify(activity, undefined, 2) : topFrame(activity, paint).join('\n')
    process.stdout.write(`${text}\n`)
    return
  }
  await follow(control, first, (activity) => topFrame(activity, paint))
}

/** What the collector does, measured over a moment. */
export async function activityAfter(control: ControlClient, first: CollectorStatus): Promise<Activity> {
  await sleep(intervalMs)
  return activityOf(first, await control.status())
}

/** Draws until someone ends it. A collector that goes away and comes back is waited for. */
async function follow(
  control: ControlClient,
  first: CollectorStatus,
  frame: (activity: Activity) => string[],
): Promise<void> {
  using screen = new FullScreen(process.stdin, process.stdout)
  const past = [first]
  screen.draw(frame(activityOf(first, first)))
  while (await screen.goesOn(intervalMs)) {
    try {
      const now = await control.status()
      screen.draw(frame(activityOf(past[0] ?? now, now)))
      past.push(now)
      if (past.length > smoothedOver) past.shift()
    } catch (error) {
      screen.note(`waiting: ${messageOf(error)}`)
    }
  }
}
