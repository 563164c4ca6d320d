import { Saved } from '@weir/windows'
import { expect, it } from 'vitest'
import { Hourly } from './hourly.ts'

const hour = 3_600_000
const day = 24 * hour

/** Shows it days, each with a level, four windows an hour. */
function days(hourly: Hourly, levels: readonly number[], from = 0): Hourly {
  for (const [index, level] of levels.entries())
    for (let time = 0; time < day; time += hour / 4)
      hourly.learn((from + index) * day + time, level + Math.floor(time / hour))
  return hourly
}

it('knows the most that an hour of the day has been in the last week, after two days', () => {
  expect(days(new Hourly(), [100]).usual(day + 5 * hour)).toBeNaN()
  const hourly = days(new Hourly(), [100, 120, 90])
  expect(hourly.usual(3 * day + 5.5 * hour)).toBe(125)
  expect(hourly.usual(3 * day + 9 * hour)).toBe(129)
  days(hourly, [80, 80, 80, 80, 80, 80, 80], 3)
  expect(hourly.usual(10 * day + 5 * hour)).toBe(85)
})

it('does not take for usual what has come in the same hour', () => {
  const hourly = days(new Hourly(), [100, 100])
  for (let minute = 0; minute < 59; minute++) hourly.learn(2 * day + minute * 60_000, 500)
  expect(hourly.usual(2 * day + hour / 2)).toBe(100)
})

it('knows it after a restart', () => {
  const after = new Hourly()
  after.restore(new Saved(JSON.parse(JSON.stringify(days(new Hourly(), [100, 120]).snapshot()))))
  expect(after.usual(2 * day)).toBe(120)
})
