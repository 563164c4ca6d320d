import { expect, it } from 'vitest'
import { Attempt } from './attempt.ts'

const reason = new Error('time is over')

it('ends with the reason, whether or not the exporter heeds the signal', async () => {
  const attempt = new Attempt()
  const running = attempt.run(() => new Promise(() => {}))
  attempt.abort(reason)
  await expect(running).rejects.toBe(reason)
})

it('tells an exporter that asks, also one that asks late', async () => {
  const attempt = new Attempt()
  const early = attempt.abortSignal
  attempt.abort(reason)
  attempt.abort(new Error('once more'))
  expect([early.aborted, early.reason, attempt.abortSignal.reason]).toEqual([true, reason, reason])
})

it('that was aborted before it ran ends with the reason, even where the exporter throws at once', async () => {
  const attempt = new Attempt()
  attempt.abort(reason)
  const throws = () => {
    throw new Error('not now')
  }
  await expect(attempt.run(throws)).rejects.toBe(reason)
  // A rejection that nobody heard of would have ended this process by now.
  await new Promise(setImmediate)
})

it('throws what the export throws', async () => {
  const error = new Error('refused')
  await expect(new Attempt().run(() => Promise.reject(error))).rejects.toBe(error)
})
