/** Places in bytes where something was found: ascending, apart from each other. Used again for each text. */
export class Findings {
  count = 0
  starts = new Int32Array(16)
  ends = new Int32Array(16)
  kinds = new Uint8Array(16)

  clear(): void {
    this.count = 0
  }

  add(start: number, end: number, kind: number): void {
    const at = this.count++
    if (at === this.starts.length) this.#grow()
    this.starts[at] = start
    this.ends[at] = end
    this.kinds[at] = kind
  }

  /** Whether one of them reaches into `from`…`to`. */
  touch(from: number, to: number): boolean {
    for (let at = 0; at < this.count; at++) if ((this.starts[at] ?? 0) < to && (this.ends[at] ?? 0) > from) return true
    return false
  }

  #grow(): void {
    const [starts, ends, kinds] = [this.starts, this.ends, this.kinds]
    this.starts = new Int32Array(starts.length * 2)
    this.ends = new Int32Array(starts.length * 2)
    this.kinds = new Uint8Array(starts.length * 2)
    this.starts.set(starts)
    this.ends.set(ends)
    this.kinds.set(kinds)
  }
}
