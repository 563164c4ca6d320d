/** Lets each of many take turns, in the order of asking, a few at once; who has to wait for another lets others pass. */
export class TurnQueue<Member> {
  readonly #slots: number
  readonly #run: (member: Member) => Promise<void>
  readonly #mustWait: (member: Member) => boolean
  readonly #waiting = new Set<Member>()
  readonly #active = new Set<Member>()
  readonly #again = new Set<Member>()
  #idle: PromiseWithResolvers<void> | undefined
  #isClosed = false
  #isHeld = false

  /**
   * @param run one turn; must not throw
   * @param mustWait whether a member waits until one of those that have or wait for a turn has had it
   */
  constructor(slots: number, run: (member: Member) => Promise<void>, mustWait: (member: Member) => boolean) {
    this.#slots = slots
    this.#run = run
    this.#mustWait = mustWait
  }

  /** Somebody waits for nothing but a free slot. */
  get isCrowded(): boolean {
    for (const member of this.#waiting) if (!this.#mustWait(member)) return true
    return false
  }

  isActive(member: Member): boolean {
    return this.#active.has(member)
  }

  has(member: Member): boolean {
    return this.#waiting.has(member) || this.#active.has(member)
  }

  /** Asks for a turn; asked during a turn, for another one after it. */
  add(member: Member): void {
    if (this.#isClosed) return
    if (this.#active.has(member)) this.#again.add(member)
    else this.#waiting.add(member)
    this.#start()
  }

  /** No turn begins until `release`. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.#start()
  }

  /** Resolves when nobody waits and nobody has the turn. */
  whenIdle(): Promise<void> {
    if (this.#waiting.size === 0 && this.#active.size === 0) return Promise.resolve()
    this.#idle ??= Promise.withResolvers<void>()
    return this.#idle.promise
  }

  /** No turn begins any more. */
  close(): void {
    this.#isClosed = true
    this.#waiting.clear()
  }

  #start(): void {
    if (this.#isHeld) return
    for (const member of this.#waiting) {
      if (this.#active.size >= this.#slots) return
      if (this.#mustWait(member)) continue
      this.#waiting.delete(member)
      this.#active.add(member)
      void this.#run(member).finally(() => this.#finish(member))
    }
  }

  #finish(member: Member): void {
    this.#active.delete(member)
    if (this.#again.delete(member) && !this.#isClosed) this.#waiting.add(member)
    this.#start()
    if (this.#waiting.size > 0 || this.#active.size > 0) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
