import type { AttributeValue } from '@weir/sdk'
import { Saved } from '@weir/windows'

/** Something unusual that happened: when it began, how long it lasted, how far it went. */
export interface Happening {
  readonly start: number
  readonly duration: number
  readonly peak: number
}

/** Happenings that are remembered, and for how long: four weeks, so that a weekly habit can be seen. */
const maxRemembered = 64
const memoryMs = 29 * 86_400_000
const dayMs = 86_400_000
/** So many within a day are nothing unusual any more. */
const often = 6
/** So many at equal distances are a habit. */
const times = 3
/**
 * Periods at which things happen by the clock, each with the next longer one. Those that recur by one of them need not have been
 * noticed each time: an hourly job stands out at night alone. But what was always at three o'clock is daily, not hourly.
 */
const clockPeriods = [
  { period: 3_600_000, longer: dayMs },
  { period: dayMs, longer: 7 * dayMs },
]
/** Of what is remembered so many times more than chance would have it must be at the same point of a period. */
const beyondChance = 4
/** How exact a habit must be: this share of its period, and no more than a quarter of an hour. */
const exactness = 1 / 20
const maxToleranceMs = 900_000

/** Knows what happens again and again: a job at every full hour, a backup at night, a log that comes in bursts. */
export class Habit {
  readonly #toleranceMs: number
  #happenings: Happening[] = []

  /** @param toleranceMs least difference in time that does not count */
  constructor(toleranceMs: number) {
    this.#toleranceMs = toleranceMs
  }

  /** How long it usually lasts and how far it goes, if something that begins at `time` is a habit. */
  usual(time: number): { readonly duration: number; readonly peak: number } | undefined {
    const lately = this.#happenings.filter(({ start }) => start > time - dayMs)
    const alike = [
      ...(lately.length >= often ? lately : []),
      ...(this.#periodic(time) ?? []),
      ...clockPeriods.flatMap(({ period, longer }) => this.#byTheClock(time, period, longer)),
    ]
    if (alike.length === 0) return undefined
    return {
      duration: Math.max(...alike.map(({ duration }) => duration)),
      peak: Math.max(...alike.map(({ peak }) => peak)),
    }
  }

  remember(happening: Happening): void {
    this.#happenings.push(happening)
    const since = happening.start - memoryMs
    this.#happenings = this.#happenings.filter(({ start }) => start >= since).slice(-maxRemembered)
  }

  snapshot(): AttributeValue {
    return this.#happenings.map(({ start, duration, peak }) => ({ start, duration, peak }))
  }

  restore(values: readonly AttributeValue[]): void {
    this.#happenings = values.map((value) => {
      const saved = new Saved(value)
      return {
        start: saved.number('start', 0),
        duration: saved.number('duration', 0),
        peak: saved.number('peak', 0),
      }
    })
  }

  /** What has happened at the same point of a period, if it is more than chance. */
  #byTheClock(time: number, period: number, longer: number): Happening[] {
    const tolerance = this.#toleranceOf(period)
    if (period <= 4 * tolerance) return []
    const found = this.#happenings.filter(({ start }) => {
      const off = (((time - start) % period) + period) % period
      return time - start > period / 2 && Math.min(off, period - off) <= tolerance
    })
    const byChance = (this.#happenings.length * 2 * tolerance) / period
    const places = new Set(found.map(({ start }) => Math.round((start % longer) / period) % (longer / period)))
    return places.size >= times && found.length > beyondChance * byChance ? found : []
  }

  #toleranceOf(period: number): number {
    return Math.max(this.#toleranceMs, Math.min(period * exactness, maxToleranceMs))
  }

  /** The latest happenings at equal distances before `time`, if there are enough. */
  #periodic(time: number): Happening[] | undefined {
    for (const { start } of this.#happenings) {
      const period = time - start
      const tolerance = this.#toleranceOf(period)
      if (period <= 2 * tolerance) continue
      const found: Happening[] = []
      for (let back = 1; back <= times; back++) {
        const at = time - back * period
        const near = this.#happenings.find((other) => Math.abs(other.start - at) <= tolerance)
        if (near !== undefined) found.push(near)
      }
      if (found.length === times) return found
    }
    return undefined
  }
}
