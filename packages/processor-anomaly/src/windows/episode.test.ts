import { Saved } from '@weir/windows'
import { expect, it } from 'vitest'
import { Episode } from './episode.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Lets something happen for two minutes, `size` far from usual; returns whether it was reported. */
function happen(episode: Episode, at: number, size = 100, duration = 2 * minute): boolean {
  const isReported = episode.begin(at, size)
  for (let time = at; time <= at + duration; time += minute) episode.goOn(time, size)
  episode.end(at + duration)
  return isReported || episode.isReported
}

it.each([
  ['hour', hour, minute],
  ['day', day, 6 * minute],
  ['week', 7 * day, 7 * minute],
])('takes what happens every %s for a habit after three times', (_, period, jitter) => {
  const episode = new Episode(minute)
  const reported = Array.from({ length: 6 }, (_, index) => happen(episode, index * period + (index % 2) * jitter))
  expect(reported).toEqual([true, true, true, false, false, false])
})

it('reports a habit that goes further, or lasts longer, than it ever did', () => {
  const habitual = () => {
    const episode = new Episode(minute)
    for (let index = 0; index < 4; index++) happen(episode, index * hour)
    return episode
  }
  expect(happen(habitual(), 4 * hour)).toBe(false)
  expect(happen(habitual(), 4 * hour, 140)).toBe(false)
  expect(happen(habitual(), 4 * hour, 200)).toBe(true)
  expect(happen(habitual(), 4 * hour, 100, 10 * minute)).toBe(true)
  expect(happen(habitual(), 4.5 * hour)).toBe(true)
})

it('takes what happens six times a day for usual', () => {
  const episode = new Episode(minute)
  const reported = [0, 1.3, 3.9, 5.1, 11, 12.2, 17.7].map((hours) => happen(episode, hours * hour))
  expect(reported).toEqual([true, true, true, true, true, true, false])
  expect(happen(episode, 4 * day)).toBe(true)
})

it('knows its habits after a restart', () => {
  const before = new Episode(minute)
  for (let index = 0; index < 3; index++) happen(before, index * day)
  const after = new Episode(minute)
  after.restore(new Saved(JSON.parse(JSON.stringify(before.snapshot()))))
  expect(happen(after, 3 * day)).toBe(false)
})

it('takes what happens at full hours for a habit, even if it is noticed now and then alone', () => {
  const episode = new Episode(minute)
  const reported = [1, 2, 5, 7, 8, 23].map((hours) => happen(episode, hours * hour + (hours % 2) * minute))
  expect(reported).toEqual([true, true, true, false, false, false])
  expect(happen(episode, 36.4 * hour)).toBe(true)
})

it('does not take what happens at one time of the day for something that happens at others', () => {
  const episode = new Episode(minute)
  for (let index = 0; index < 5; index++) happen(episode, index * day + 3 * hour)
  expect(happen(episode, 5 * day + 15 * hour)).toBe(true)
})

it('knows what happens every night among what happens every hour', () => {
  const episode = new Episode(minute)
  const nightly = Array.from({ length: 5 }, (_, night) => {
    for (let hours = 0; hours < 24; hours++) if (hours !== 3) happen(episode, night * day + hours * hour, 50)
    return happen(episode, night * day + 27 * hour, 400)
  })
  expect(nightly.slice(3)).toEqual([false, false])
})
