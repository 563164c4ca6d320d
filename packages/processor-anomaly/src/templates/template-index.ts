import type { Template } from './template.ts'
import { hashesOf, wild } from './tokenizer.ts'

/** Templates with variable words that one message is compared with. */
const maxCompared = 512
/** Words beside the one that varies from which on a new message counts as a variation of a known one. */
const minWordsOfVariation = 4

/**
 * How many different words must have stood in one place, all else being equal, for it to be a place for values: the
 * fewer other words there are to say that two messages are of one kind, the more.
 */
const variantsNeeded = (otherWords: number): number =>
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 12, 7][otherWords] ?? 4

/** The templates that are known, found by what they are and by what they are like. */
export class TemplateIndex {
  /** By the hashes of their tokens. */
  readonly #exact = new Map<number, Template>()
  /** Those that have variable words, by how many tokens they have, oldest first. */
  readonly #variable = new Map<number, Template[]>()
  /** Those that are alike but for the word in one place, by the hash of the place and of what is alike. */
  readonly #siblings = new Map<number, Template[]>()

  get size(): number {
    return this.#exact.size
  }

  all(): Template[] {
    return [...this.#exact.values()].sort((one, other) => one.firstSeen - other.firstSeen)
  }

  /** The template of a message of these tokens. */
  find(hashes: number, count: number, tokens: Int32Array): Template | undefined {
    const exact = this.#exact.get(hashes)
    if (exact !== undefined) return exact
    const variable = this.#variable.get(count)
    if (variable === undefined) return undefined
    const compared = Math.min(variable.length, maxCompared)
    for (let index = 0; index < compared; index++) if (variable[index]?.matches(tokens) === true) return variable[index]
    return undefined
  }

  /** Enters a template as it is. */
  add(template: Template): void {
    this.#exact.set(hashesOf(template.tokens), template)
    if (template.isVariable) this.#addVariable(template)
    for (const key of siblingKeys(template).keys())
      this.#siblings.set(key, [...(this.#siblings.get(key) ?? []), template])
  }

  /**
   * Enters a new template, and makes one of all that are like it if they are enough.
   * @returns whether it is like others, and the template that it has become part of
   */
  relate(template: Template): { similar: boolean; merged: Template | undefined } {
    const { words } = template
    let similar = false
    for (const [key, place] of siblingKeys(template)) {
      const siblings = this.#live(key, template, place)
      similar ||= siblings.length > 0 && words > minWordsOfVariation
      if (siblings.length + 1 >= variantsNeeded(words - 1)) {
        this.#siblings.delete(key)
        return { similar, merged: this.#merge([...siblings, template], place) }
      }
    }
    this.add(template)
    return { similar, merged: undefined }
  }

  remove(templates: readonly Template[]): void {
    const gone = new Set(templates)
    for (const template of gone) this.#drop(template)
    for (const [key, siblings] of this.#siblings) {
      const left = siblings.filter((sibling) => !gone.has(sibling))
      if (left.length === 0) this.#siblings.delete(key)
      else this.#siblings.set(key, left)
    }
  }

  /** Those under a key that are still there, differ in that place and nowhere else. */
  #live(key: number, template: Template, place: number): Template[] {
    const siblings = this.#siblings.get(key)
    if (siblings === undefined) return []
    return siblings.filter((sibling) => sibling.mergedInto === undefined && sibling.differsOnlyAt(place, template))
  }

  /** Makes one template of several that differ in one place; the oldest goes on. */
  #merge(templates: readonly Template[], place: number): Template {
    const [first, ...rest] = templates.toSorted((one, other) => one.firstSeen - other.firstSeen)
    if (first === undefined) throw new RangeError('nothing to merge')
    this.#drop(first)
    first.generalize(place)
    for (const template of rest) this.#absorb(first, template)
    // What it has become may be what others already are.
    for (const template of this.all()) {
      if (template.tokens.length === first.tokens.length && first.matches(template.tokens))
        this.#absorb(first, template)
    }
    return this.relate(first).merged ?? first
  }

  #absorb(first: Template, template: Template): void {
    this.#drop(template)
    first.absorb(template)
  }

  #drop(template: Template): void {
    const key = hashesOf(template.tokens)
    if (this.#exact.get(key) === template) this.#exact.delete(key)
    const variable = this.#variable.get(template.tokens.length)
    const at = variable?.indexOf(template) ?? -1
    if (at >= 0) variable?.splice(at, 1)
  }

  #addVariable(template: Template): void {
    const { length } = template.tokens
    const variable = [...(this.#variable.get(length) ?? []), template]
    this.#variable.set(
      length,
      variable.sort((one, other) => one.firstSeen - other.firstSeen),
    )
  }
}

/** For every word of a template its place, and a key of 53 bits of the place and of all tokens but that one. */
function siblingKeys({ tokens, words }: Template): Map<number, number> {
  const keys = new Map<number, number>()
  if (words < 3) return keys
  let sum = Math.imul(tokens.length, 0x9e37_79b1)
  for (const [place, token] of tokens.entries()) sum = (sum + placed(token, place)) | 0
  for (const [place, token] of tokens.entries()) {
    if (token !== wild) keys.set(((sum - placed(token, place)) >>> 0) * 64 + place, place)
  }
  return keys
}

/** A token's share of a sum over tokens in their places. */
function placed(token: number, place: number): number {
  const mixed = Math.imul(token ^ Math.imul(place + 1, 0x85eb_ca6b), 0xc2b2_ae35)
  return mixed ^ (mixed >>> 15)
}
