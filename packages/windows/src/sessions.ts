import type { AttributeValue } from '@weir/sdk'
import type { PaneKind } from './panes.ts'
import type { Saved } from './saved.ts'

/** How the content of a session is made, stored and read back, and how two become one. */
export interface SessionKind<Content> extends PaneKind<Content> {
  /** Adds what the later session holds to the earlier one: a record stood between them. */
  merge(earlier: Content, later: Content): void
}

export interface SessionLimits {
  /** A session is over when nothing has come for so long, in milliseconds. */
  readonly gap: number
  /** A session that lasts so long is cut, in milliseconds. */
  readonly longest: number
}

interface Session<Content> {
  start: number
  /** Time of its last record. */
  last: number
  readonly content: Content
}

/** Windows by key that last as long as records keep coming. Records may be out of order: sessions that meet become one. */
export class Sessions<Content> {
  readonly #limits: SessionLimits
  readonly #kind: SessionKind<Content>
  /** Open sessions of each key, earliest first. */
  readonly #open = new Map<string, Session<Content>[]>()
  #watermark = Number.NEGATIVE_INFINITY
  /** Before this time no session is over. */
  #nextEnd = Number.POSITIVE_INFINITY

  constructor(limits: SessionLimits, kind: SessionKind<Content>) {
    this.#limits = limits
    this.#kind = kind
  }

  /** The content of the session that a time belongs to; `undefined` if that is over: the record is late. */
  at(key: string, time: number): Content | undefined {
    const { gap, longest } = this.#limits
    if (!(time + gap > this.#watermark)) return undefined
    let sessions = this.#open.get(key)
    if (sessions === undefined) {
      sessions = []
      this.#open.set(key, sessions)
    }
    const index = sessions.findIndex(
      ({ start, last }) =>
        time > start - gap && time < last + gap && Math.max(last, time) - Math.min(start, time) < longest,
    )
    let session = sessions[index]
    if (session === undefined) {
      session = { start: time, last: time, content: this.#kind.create() }
      const later = sessions.findIndex(({ start }) => start > time)
      sessions.splice(later < 0 ? sessions.length : later, 0, session)
      this.#nextEnd = Math.min(this.#nextEnd, time + gap)
    } else {
      session.start = Math.min(session.start, time)
      session.last = Math.max(session.last, time)
      const next = sessions[index + 1]
      if (next !== undefined && next.start < session.last + gap && next.last - session.start < longest) {
        session.last = Math.max(session.last, next.last)
        this.#kind.merge(session.content, next.content)
        sessions.splice(index + 1, 1)
      }
    }
    return session.content
  }

  /** Hands out the sessions that are over at the watermark, in the order of their ends. `end` is the last record's time and the gap. */
  close(watermark: number, judge: (key: string, start: number, end: number, content: Content) => void): void {
    if (watermark > this.#watermark) this.#watermark = watermark
    if (watermark < this.#nextEnd) return
    this.#nextEnd = Number.POSITIVE_INFINITY
    const { gap } = this.#limits
    const over: { key: string; end: number; session: Session<Content> }[] = []
    for (const [key, sessions] of this.#open) {
      const left = sessions.filter((session) => {
        const end = session.last + gap
        if (end > watermark) {
          this.#nextEnd = Math.min(this.#nextEnd, end)
          return true
        }
        over.push({ key, end, session })
        return false
      })
      if (left.length === 0) this.#open.delete(key)
      else this.#open.set(key, left)
    }
    over.sort((one, other) => one.end - other.end)
    for (const { key, end, session } of over) judge(key, session.start, end, session.content)
  }

  /** Adds the open sessions of one key to those of another. */
  move(from: string, to: string): void {
    const sessions = this.#open.get(from) ?? []
    this.#open.delete(from)
    for (const { start, last, content } of sessions) {
      const target = this.at(to, start)
      if (target === undefined) continue
      this.#kind.merge(target, content)
      this.at(to, last)
    }
  }

  snapshot(): AttributeValue {
    return [...this.#open].map(([key, sessions]) => ({
      key,
      sessions: sessions.map(({ start, last, content }) => ({ start, last, content: this.#kind.save(content) })),
    }))
  }

  restore(saved: readonly Saved[]): void {
    for (const entry of saved) {
      const sessions = entry.children('sessions').map((session) => ({
        ...{ start: session.number('start', 0), last: session.number('last', 0) },
        content: this.#kind.load(session.child('content')),
      }))
      this.#open.set(entry.text('key'), sessions)
    }
    this.#nextEnd = Number.NEGATIVE_INFINITY
  }
}
