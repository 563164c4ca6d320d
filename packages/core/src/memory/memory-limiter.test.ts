import { MemoryLogger, MemoryMeter as Metrics, settle, TestClock } from '@weir/sdk/testing'
import { expect, it } from 'vitest'
import { MemoryLimiter } from './memory-limiter.ts'

function limiterAt(used: number) {
  const clock = new TestClock()
  const meter = new Metrics()
  const logger = new MemoryLogger()
  const memory = {
    bytes: used,
    garbage: 0,
    collections: 0,
    used: () => memory.bytes + memory.garbage,
    collect() {
      memory.collections++
      memory.garbage = 0
    },
  }
  const limits = { softBytes: 100, hardBytes: 200, checkMs: 200 }
  const limiter = new MemoryLimiter({ memory, clock, logger, meter })
  limiter.watch(limits)
  /** A send of a receiver: whether it was let in, and how to end its delivery. */
  const send = (canRefuse = false) => {
    const sending = { state: 'waiting', leave: () => {} }
    limiter.enter(1, canRefuse).then(
      (leave) => Object.assign(sending, { state: 'in', leave }),
      (error) => Object.assign(sending, { state: error.code }),
    )
    return sending
  }
  return { clock, meter, logger, memory, limiter, send }
}

it('lets receivers send while there is memory', async () => {
  const { send } = limiterAt(99)
  const sends = [send(), send(true)]
  await settle()
  expect(sends.map(({ state }) => state)).toEqual(['in', 'in'])
})

it('holds receivers back from the soft limit on, and lets them go on when there is memory again', async () => {
  const { send, memory, clock, logger } = limiterAt(0)
  const under = send()
  await settle()
  memory.bytes = 150
  await clock.advance(200)
  const waiting = [send(), send(true)]
  await settle()
  expect(waiting.map(({ state }) => state)).toEqual(['waiting', 'waiting'])
  memory.bytes = 50
  await clock.advance(200)
  expect(waiting.map(({ state }) => state)).toEqual(['in', 'in'])
  under.leave()
  expect(logger.lines.map(({ message }) => message)).toEqual([
    'memory is short: receivers wait',
    'there is memory again: receivers go on',
  ])
})

it('refuses from the hard limit on what can be sent again, and holds back the rest', async () => {
  const { send, memory, clock, meter } = limiterAt(0)
  send()
  await settle()
  memory.bytes = 250
  await clock.advance(200)
  const [file, network] = [send(), send(true)]
  await settle()
  expect([file.state, network.state]).toEqual(['waiting', 'WEIR_MEMORY_LIMIT'])
  expect(meter.total('weir_process_memory_refusals')).toBe(1)
  expect(meter.total('weir_process_memory_state')).toBe(2)
})

it('does not stand still when memory stays short: one delivery at a time goes on', async () => {
  const { send } = limiterAt(250)
  const sends = [send(), send(), send()]
  const states = async () => {
    await settle()
    return sends.map(({ state }) => state)
  }
  expect(await states()).toEqual(['in', 'waiting', 'waiting'])
  sends[0]?.leave()
  expect(await states()).toEqual(['in', 'in', 'waiting'])
  sends[1]?.leave()
  expect(await states()).toEqual(['in', 'in', 'in'])
})

it('frees garbage before it holds anyone back, but not all the time', async () => {
  const { memory, limiter, clock } = limiterAt(50)
  memory.garbage = 100
  await clock.advance(200)
  expect([limiter.state, memory.collections]).toEqual(['normal', 1])
  memory.garbage = 100
  await clock.advance(200)
  expect([limiter.state, memory.collections]).toEqual(['slowed', 1])
  await clock.advance(2000)
  expect([limiter.state, memory.collections]).toEqual(['normal', 2])
})

it('looks at once when much was let in since it looked last', async () => {
  const { memory, limiter } = limiterAt(0)
  memory.bytes = 250
  await limiter.enter(15 << 20, false)
  expect(limiter.state).toBe('normal')
  void limiter.enter(1 << 20, false)
  expect(limiter.state).toBe('refusing')
})

it('lets everyone in when the collector stops', async () => {
  const { send, limiter } = limiterAt(250)
  const sends = [send(), send()]
  limiter.stop()
  await settle()
  expect(sends.map(({ state }) => state)).toEqual(['in', 'in'])
})
