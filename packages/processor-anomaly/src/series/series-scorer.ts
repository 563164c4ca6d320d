import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'
import { Extremes } from './extremes.ts'
import { MovingMean } from './moving-mean.ts'
import { SeasonStrength } from './season-strength.ts'
import { SeasonalProfile } from './seasonal-profile.ts'
import { Surprise } from './surprise.ts'
import { Transitions } from './transitions.ts'

/** Points that are remembered, about: what is older is forgotten by halves. */
const memory = 50_000
const hourMs = 3_600_000
const sustainedLength = 32
const weeklyLength = 24

/** In the order of their opinions. */
const experts = [
  'beyond the range so far',
  'mean of 32 beyond its range',
  'unlike this time of day',
  'unlike this time of the week',
  'a step never made',
] as const

/**
 * Scores the points of a series, one after the other, each in constant time and memory, from nothing but those before it.
 *
 * Several simple experts say how far a point is from what they know; their opinions are made comparable by how rare
 * such a distance has been so far (`Surprise`), and averaged. Each may be wrong, seldom all at once.
 */
export class SeriesScorer {
  /** Points seen. */
  count = 0
  /** What each expert thought of the last point, in nats. */
  readonly surprises = new Float64Array(experts.length)
  readonly #memories: readonly Surprise[] = experts.map(() => new Surprise(memory))
  readonly #extremes = new Extremes(memory)
  readonly #sustainedExtremes = new Extremes(memory)
  readonly #sustained = new MovingMean(sustainedLength)
  readonly #daily = new SeasonalProfile(48, hourMs / 2, 0.1)
  readonly #weekly = new SeasonalProfile(168, hourMs, 0.2)
  readonly #weeklyMean = new MovingMean(weeklyLength)
  readonly #transitions = new Transitions(memory)
  readonly #dailyStrength = new SeasonStrength()
  readonly #weeklyStrength = new SeasonStrength()

  /** How much of what the series does is explained by the time of the day, and of the week: 0 to 1. */
  get seasonality(): { daily: number; weekly: number } {
    return { daily: this.#dailyStrength.share, weekly: this.#weeklyStrength.share }
  }

  /** What was odd about the last point, in words: the opinion that is strongest. */
  get reason(): string {
    return experts[this.surprises.indexOf(Math.max(...this.surprises))] ?? ''
  }

  /** What was usual at this time of the day and of the week, if it is known. */
  usual(time: number): { daily: number; weekly: number } {
    return { daily: this.#daily.usual(time), weekly: this.#weekly.usual(time) }
  }

  /** Takes the next point, a finite value. Returns its score: the mean surprise, in nats. */
  next(time: number, value: number): number {
    const daily = this.#daily.usual(time)
    const weekly = this.#weekly.usual(time)
    const fromDaily = Number.isNaN(daily) ? 0 : value - daily
    const fromWeekly = Number.isNaN(weekly) ? fromDaily : value - weekly
    if (!Number.isNaN(daily)) this.#dailyStrength.next(value, fromDaily)
    if (!Number.isNaN(weekly)) this.#weeklyStrength.next(value, fromWeekly)
    this.#daily.learn(time, value)
    this.#weekly.learn(time, value)
    const sustained = this.#sustained.next(value)
    this.count++
    const sum =
      this.#take(0, this.#extremes.next(value)) +
      this.#take(1, this.#sustained.isFull ? this.#sustainedExtremes.next(sustained) : 0) +
      this.#take(2, Math.abs(fromDaily)) +
      this.#take(3, Math.abs(this.#weeklyMean.next(fromWeekly))) +
      this.#take(4, this.#transitions.next(value))
    return sum / experts.length
  }

  snapshot(): AttributeValue {
    return {
      count: this.count,
      memories: this.#memories.map((one) => one.snapshot()),
      extremes: this.#extremes.snapshot(),
      sustainedExtremes: this.#sustainedExtremes.snapshot(),
      sustained: this.#sustained.snapshot(),
      daily: this.#daily.snapshot(),
      weekly: this.#weekly.snapshot(),
      weeklyMean: this.#weeklyMean.snapshot(),
      transitions: this.#transitions.snapshot(),
      dailyStrength: this.#dailyStrength.snapshot(),
      weeklyStrength: this.#weeklyStrength.snapshot(),
    }
  }

  restore(saved: Saved): void {
    this.count = saved.number('count', 0)
    for (const [index, one] of saved.children('memories').entries()) this.#memories[index]?.restore(one)
    this.#extremes.restore(saved.child('extremes'))
    this.#sustainedExtremes.restore(saved.child('sustainedExtremes'))
    this.#sustained.restore(saved.child('sustained'))
    this.#daily.restore(saved, 'daily')
    this.#weekly.restore(saved, 'weekly')
    this.#weeklyMean.restore(saved.child('weeklyMean'))
    this.#transitions.restore(saved.child('transitions'))
    this.#dailyStrength.restore(saved.child('dailyStrength'))
    this.#weeklyStrength.restore(saved.child('weeklyStrength'))
  }

  #take(expert: number, distance: number): number {
    const surprise = this.#memories[expert]?.next(distance) ?? 0
    this.surprises[expert] = surprise
    return surprise
  }
}
