import type { AttributeMap, Record } from '@weir/sdk'
import { type Repeats, repeatOf } from './repeats.ts'

/** Records of one source and resource, among which identical ones are looked for. */
export interface Group {
  readonly source: string
  readonly resource: AttributeMap
  /** By key, the oldest first. */
  readonly windows: Map<string, Window>
  /** Event time that it has come to. */
  watermark: number
  /** Whether any of its records had a time: by when they were seen go those of other groups. */
  isTimed: boolean
}

export interface Window {
  /** Event time of the record that was let through. */
  readonly start: number
  /** Those held back since. */
  repeats: Repeats | undefined
}

export interface WindowsOptions {
  readonly windowMs: number
  readonly maxKeys: number
  /** Told how many records were held back of which the count is lost, because there was no room. */
  readonly onForgotten: (count: number) => void
}

/** Which records were seen when, in bounds. */
export class Windows {
  readonly #options: WindowsOptions
  /** The one used last at the end. */
  readonly #groups = new Map<string, Group>()
  #size = 0

  constructor(options: WindowsOptions) {
    this.#options = options
  }

  get groups(): Iterable<Group> {
    return this.#groups.values()
  }

  group(source: string, resource: AttributeMap): Group {
    const key = JSON.stringify([source, resource])
    const group = this.#groups.get(key) ?? {
      ...{ source, resource, windows: new Map(), watermark: Number.NEGATIVE_INFINITY, isTimed: false },
    }
    this.#groups.delete(key)
    this.#groups.set(key, group)
    return group
  }

  /**
   * Whether a record is the first of its window.
   * @param over gets what was held back and can be told now
   */
  isFirst(group: Group, key: string, record: Record, time: number, over: Repeats[]): boolean {
    const window = group.windows.get(key)
    if (window !== undefined && Math.abs(time - window.start) < this.#options.windowMs) {
      const { repeats } = window
      if (repeats === undefined) window.repeats = repeatOf(record, time)
      else {
        repeats.count++
        repeats.firstTime = Math.min(repeats.firstTime, time)
        repeats.lastTime = Math.max(repeats.lastTime, time)
      }
      return false
    }
    if (window !== undefined) this.#close(group, key, window, over)
    group.windows.set(key, { start: time, repeats: undefined })
    this.#size++
    if (this.#size > this.#options.maxKeys) this.#makeRoom(group, over)
    return true
  }

  /** Takes a window that is known from before. */
  restore(group: Group, key: string, window: Window): void {
    if (group.windows.has(key) || this.#size >= this.#options.maxKeys) return
    group.windows.set(key, window)
    this.#size++
  }

  /** Ends the windows of a group that its watermark has left behind. */
  expire(group: Group, over: Repeats[]): void {
    for (const [key, window] of group.windows) {
      if (window.start + this.#options.windowMs > group.watermark) break
      this.#close(group, key, window, over)
    }
  }

  /** Ends all windows of a group. */
  end(group: Group): Repeats[] {
    const over: Repeats[] = []
    for (const [key, window] of group.windows) this.#close(group, key, window, over)
    return over
  }

  #close(group: Group, key: string, { repeats }: Window, over: Repeats[]): void {
    group.windows.delete(key)
    this.#size--
    if (repeats !== undefined) over.push(repeats)
  }

  /** Forgets the oldest window, of this group if it has others, else of the group unused for longest. */
  #makeRoom(group: Group, over: Repeats[]): void {
    for (const [name, candidate] of group.windows.size > 1 ? [['', group] as const] : this.#groups) {
      for (const [key, window] of candidate.windows) {
        const lost: Repeats[] = candidate === group ? over : []
        this.#close(candidate, key, window, lost)
        if (lost !== over) this.#options.onForgotten(window.repeats?.count ?? 0)
        return
      }
      this.#groups.delete(name)
    }
  }
}
