import { createHash, createHmac } from 'node:crypto'
import type { RedactConfig } from './config.ts'
import { kinds } from './kind.ts'

/** What was found by a pattern or a key, as `{kind}` and in metrics. */
const otherKinds = ['pattern', 'key'] as const
export type FoundKind = (typeof kinds)[number] | (typeof otherKinds)[number]

/** What stands in the place of what was found, and how often that was, by kind. */
export class Substitute {
  readonly counts = new Map<FoundKind, number>()
  readonly #action: RedactConfig['action']
  readonly #key: string | undefined
  readonly #replacements: ReadonlyMap<FoundKind, string>

  constructor({ action, replacement, hash_key }: RedactConfig) {
    this.#action = action
    this.#key = hash_key
    this.#replacements = new Map(
      [...kinds, ...otherKinds].map((kind) => [kind, replacement.replaceAll('{kind}', kind)]),
    )
  }

  get removes(): boolean {
    return this.#action === 'remove'
  }

  for(text: string, kind: FoundKind): string {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    if (this.#action === 'remove') return ''
    if (this.#action === 'replace') return this.#replacements.get(kind) ?? ''
    const digest = this.#key === undefined ? createHash('sha256') : createHmac('sha256', this.#key)
    return digest.update(text).digest('hex')
  }
}
