// Loaded into the collector's process before anything else (`--import`): the clock steps, and the storage fails at random.

import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { Random } from './random.ts'

/** What goes wrong, as JSON in the environment variable `WEIR_TORTURE_FAULTS`. */
export interface Faults {
  readonly seed: number
  /** Milliseconds by which the wall clock steps at most, back or forward, every now and then. */
  readonly clockStepMs?: number
  /** Share of writes that fail with `ENOSPC`, of syncs that fail with `EIO`. */
  readonly writes?: number
  readonly syncs?: number
}

const faults: Faults = JSON.parse(process.env.WEIR_TORTURE_FAULTS ?? '{"seed":0}')
const random = new Random(faults.seed)

const { clockStepMs } = faults
if (clockStepMs !== undefined) {
  const { now } = Date
  let offset = 0
  const step = () => {
    offset = random.between(-clockStepMs, clockStepMs)
  }
  step()
  setInterval(step, 150).unref()
  Date.now = () => Math.round(now() + offset)
}

const { writes = 0, syncs = 0 } = faults
if (writes > 0 || syncs > 0) {
  const probe = await open(tmpdir())
  const handles = Object.getPrototypeOf(probe)
  await probe.close()
  const failing = (name: string, share: number, code: string) => {
    const original = handles[name]
    handles[name] = async function (...args: unknown[]) {
      if (random.chance(share)) throw Object.assign(new Error(`${code}: injected, ${name}`), { code })
      return original.apply(this, args)
    }
  }
  for (const name of ['write', 'writev', 'writeFile', 'appendFile']) failing(name, writes, 'ENOSPC')
  for (const name of ['sync', 'datasync']) failing(name, syncs, 'EIO')
}
