/** A map of several values to a key. Most keys have one value, which then takes no set: thousands of files have these. */
export class MultiMap<Key, Value extends object> {
  readonly #members = new Map<Key, Value | Set<Value>>()

  has(key: Key): boolean {
    return this.#members.has(key)
  }

  get(key: Key): Iterable<Value> {
    const members = this.#members.get(key)
    return members === undefined ? [] : members instanceof Set ? members : [members]
  }

  /** Whether a key has more than one value. */
  isShared(key: Key): boolean {
    return this.#members.get(key) instanceof Set
  }

  add(key: Key, value: Value): void {
    const members = this.#members.get(key)
    if (members instanceof Set) members.add(value)
    else if (members === undefined) this.#members.set(key, value)
    else if (members !== value) this.#members.set(key, new Set([members, value]))
  }

  delete(key: Key, value: Value): void {
    const members = this.#members.get(key)
    if (members === value) this.#members.delete(key)
    if (!(members instanceof Set)) return
    members.delete(value)
    const [first] = members
    if (members.size === 1 && first !== undefined) this.#members.set(key, first)
  }
}
