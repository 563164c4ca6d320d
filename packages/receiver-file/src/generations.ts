import { basename, dirname, join } from 'node:path'
import { MultiMap } from './multi-map.ts'
import type { Tail } from './tail.ts'

const suffix = /(?:\.\d{1,5}|[.-]old|\.bak|\.gz|\.zst)$/
const date = /[._-]?\d{4}-?\d\d-?\d\d(?:[T._-]?\d\d[-:]?\d\d(?:[-:]?\d\d)?)?(?:\.\d{1,6})?/g

/** What the generations of a log have in common: its path without the marks of rotation (`.1`, `-20261126`, `.gz`, …). */
export function logOf(path: string): string {
  let name = basename(path)
  for (let shorter = name; ; name = shorter) {
    shorter = name.replace(suffix, '')
    if (shorter === name || shorter === '') break
  }
  return join(dirname(path), name.replace(date, '') || name)
}

/** Which files are generations of one log: of these, an older one is read before a younger one, so that lines keep their order. */
export class Generations {
  readonly #members = new MultiMap<string, Tail>()
  readonly #logs = new Map<Tail, string>()

  add(tail: Tail): void {
    this.delete(tail)
    const log = logOf(tail.path)
    this.#logs.set(tail, log)
    this.#members.add(log, tail)
  }

  delete(tail: Tail): void {
    const log = this.#logs.get(tail)
    if (log === undefined) return
    this.#logs.delete(tail)
    this.#members.delete(log, tail)
  }

  /** An older generation is busy. */
  isBehind(tail: Tail, isBusy: (other: Tail) => boolean): boolean {
    const log = this.#logs.get(tail)
    if (log === undefined || !this.#members.isShared(log)) return false
    for (const other of this.#members.get(log)) {
      if (other !== tail && isOlder(other, tail, log) && isBusy(other)) return true
    }
    return false
  }
}

/** By when they were last written; of two written at the same time, the one with the log's own name is the younger. */
const isOlder = (one: Tail, other: Tail, log: string): boolean =>
  one.writtenMs === other.writtenMs ? other.path === log && one.path !== log : one.writtenMs < other.writtenMs
