import assert from 'node:assert/strict'
import type { TestServices } from '../services.ts'
import { settle } from '../test-clock.ts'
import type { ContractOptions } from './contract.ts'

/** Resources of the process that a component opens and must close. Connections are left out: the peer of a test has them, too. */
const kept = ['TCPServerWrap', 'UDPWRAP', 'UDPWrap', 'FSEventWrap', 'StatWatcher', 'ProcessWrap', 'Timeout']
/** Turns of the event loop in which what was closed goes away. */
const turns = 100

function openHandles(): Map<string, number> {
  const open = new Map<string, number>()
  for (const type of process.getActiveResourcesInfo()) {
    if (kept.includes(type)) open.set(type, (open.get(type) ?? 0) + 1)
  }
  return open
}

/** Runs the life of a component, and sees to it that neither timers nor handles are left. */
export async function withoutLeaks(life: () => Promise<TestServices>): Promise<void> {
  const before = openHandles()
  const services = await life()
  assert.equal(services.clock.pending, 0, 'timers of the clock are left')
  let left: string[] = []
  for (let turn = 0; turn < turns; turn++) {
    left = [...openHandles()].flatMap(([type, count]) => (count > (before.get(type) ?? 0) ? [type] : []))
    if (left.length === 0) return
    await settle()
  }
  assert.deepEqual(left, [], 'resources of the process are left open')
}

/** What `call` returns, unless it takes too long. */
export async function within<Result>(
  { limitMs = 5000 }: ContractOptions,
  what: string,
  call: () => Result | Promise<Result>,
): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new assert.AssertionError({ message: `${what} does not end` })), limitMs)
  try {
    return await Promise.race([call(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
