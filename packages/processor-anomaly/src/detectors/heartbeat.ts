import type { AttributeValue } from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'

/** Of the longest silence so much is forgotten at each beat: what happened once does not blind for ever. */
const forgetting = 1 / 1000
/** Outages that are no fault any more but the way it is. */
const usualOutages = 3

export interface HeartbeatRule {
  /** Beats, and time, that it must have been known for. */
  readonly leastCount: number
  readonly leastSpan: number
  /** It is missing when it is silent for so many times its longest silence, and for no less than this. */
  readonly factor: number
  readonly leastSilence: number
}

/** When something that comes again and again came, and how long it has been silent at most, in time and in other messages. */
export class Heartbeat {
  count = 0
  last = Number.NaN
  longest = 0
  isMissing = false
  #first = Number.NaN
  /** How long it had been known before an interruption. */
  #knownSpan = 0
  #lastMessage = 0
  #longestMessages = 0
  #outages = 0

  /** It came, as message number `message` of all. Returns whether it had been missing. */
  beat(time: number, message: number): boolean {
    const wasMissing = this.isMissing
    this.count++
    if (!(time >= this.#first)) this.#first = time
    const silence = time - this.last
    if (wasMissing) this.#outages++
    if (!wasMissing || this.#outages >= usualOutages) {
      const kept = 1 - forgetting
      this.longest = Math.max(this.longest * kept, Number.isNaN(silence) ? 0 : silence)
      if (!Number.isNaN(silence))
        this.#longestMessages = Math.max(this.#longestMessages * kept, message - this.#lastMessage)
    }
    if (!(time <= this.last)) this.last = time
    this.#lastMessage = message
    this.isMissing = false
    return wasMissing
  }

  /**
   * Whether it is missing now. The other messages are counted, too, half as strictly: where all is silent, or all is
   * slow, nothing is missing by itself.
   */
  misses(now: number, message: number, rule: HeartbeatRule): boolean {
    if (this.isMissing || !this.isRegular(rule)) return false
    const silence = now - this.last
    const passed = message - this.#lastMessage
    return (
      silence >= rule.leastSilence &&
      silence > rule.factor * this.longest &&
      passed > (rule.factor / 2) * this.#longestMessages
    )
  }

  /** Whether it is known well enough to be missed. */
  isRegular({ leastCount, leastSpan, factor }: HeartbeatRule): boolean {
    const span = this.#span
    return this.count >= leastCount && span >= leastSpan && this.longest * factor <= span
  }

  get #span(): number {
    return this.#knownSpan + (Number.isNaN(this.last) ? 0 : this.last - this.#first)
  }

  /** How long it is silent now says nothing; how long it used to be is kept. */
  interrupt(): void {
    this.#knownSpan = this.#span
    this.#first = Number.NaN
    this.last = Number.NaN
    this.isMissing = false
  }

  snapshot(): { [key: string]: AttributeValue } {
    return {
      count: this.count,
      first: savedTime(this.#first),
      knownSpan: this.#knownSpan,
      last: savedTime(this.last),
      longest: this.longest,
      lastMessage: this.#lastMessage,
      longestMessages: this.#longestMessages,
      outages: this.#outages,
      isMissing: this.isMissing,
    }
  }

  static from(saved: Saved): Heartbeat {
    const heartbeat = new Heartbeat()
    heartbeat.count = saved.number('count', 0)
    heartbeat.#first = saved.number('first', Number.NaN)
    heartbeat.#knownSpan = saved.number('knownSpan', 0)
    heartbeat.last = saved.number('last', Number.NaN)
    heartbeat.longest = saved.number('longest', 0)
    heartbeat.#lastMessage = saved.number('lastMessage', 0)
    heartbeat.#longestMessages = saved.number('longestMessages', 0)
    heartbeat.#outages = saved.number('outages', 0)
    heartbeat.isMissing = saved.flag('isMissing')
    return heartbeat
  }
}
