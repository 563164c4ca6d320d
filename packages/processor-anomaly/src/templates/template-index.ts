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

/** So many variants that came once say that more will come; without them, it is a closed set of words, such as states. */
const leastUnique = 2
/** What seems to be a closed set of words is taken for values when it has so many times more variants than are needed. */
const patience = 2
/** The same of what are mostly verbs. */
const patienceWithVerbs = 4

/** Whether what stands in some places of kinds of messages are values. `otherWords`: words in which they agree. */
function areValues(variants: readonly Template[], places: readonly number[], otherWords: number): boolean {
  const needed = variantsNeeded(otherWords)
  if (variants.length < needed) return false
  const verbs = variants.filter((variant) => places.some((place) => variant.isVerb(place))).length
  if (2 * verbs > variants.length) return variants.length >= patienceWithVerbs * needed
  const unique = variants.filter(({ count }) => count <= 1).length
  return unique >= leastUnique || variants.length >= patience * needed
}

/** The templates that are known, found by what they are and by what they are like. */
export class TemplateIndex {
  /** By the hashes of their tokens. */
  readonly #exact = new Map<number, Template>()
  /** Those that have variable words, by how many tokens they have, oldest first. */
  readonly #variable = new Map<number, Template[]>()
  /** Those that are alike but for the word in one place, by the hash of the place and of what is alike. */
  readonly #siblings = new Map<number, Template[]>()
  /** Those that have the same keys and may have other values, by the hash of all but the values. */
  readonly #ofKeys = new Map<number, Template[]>()

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
    const { key } = keyed(template)
    if (key !== undefined) this.#ofKeys.set(key, [...(this.#ofKeys.get(key) ?? []), template])
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
      const variants = [...siblings, template]
      if (areValues(variants, [place], words - 1)) {
        this.#siblings.delete(key)
        return { similar, merged: this.#merge(variants, [place]) }
      }
    }
    const { key, places } = keyed(template)
    if (key !== undefined) {
      const variants = [...this.#alike(key, template, places), template]
      similar ||= variants.length > 1
      const differing = places.filter((place) =>
        variants.some(({ tokens }) => tokens[place] !== template.tokens[place]),
      )
      if (differing.length > 0 && areValues(variants, differing, wordsBeside(template, places))) {
        this.#ofKeys.delete(key)
        return { similar, merged: this.#merge(variants, differing) }
      }
    }
    this.add(template)
    return { similar, merged: undefined }
  }

  remove(templates: readonly Template[]): void {
    const gone = new Set(templates)
    for (const template of gone) this.#drop(template)
    for (const related of [this.#siblings, this.#ofKeys]) {
      for (const [key, siblings] of related) {
        const left = siblings.filter((sibling) => !gone.has(sibling))
        if (left.length === 0) related.delete(key)
        else related.set(key, left)
      }
    }
  }

  /** Those under a key that are still there, differ in that place and nowhere else. */
  #live(key: number, template: Template, place: number): Template[] {
    const siblings = this.#siblings.get(key)
    if (siblings === undefined) return []
    return siblings.filter((sibling) => sibling.mergedInto === undefined && sibling.differsOnlyAt(place, template))
  }

  /** Those under a key of keys that are still there, and the same but for values. */
  #alike(key: number, template: Template, places: readonly number[]): Template[] {
    const { tokens } = template
    // One that has become more general is entered anew.
    return [...new Set(this.#ofKeys.get(key))].filter(
      (one) =>
        one.mergedInto === undefined &&
        one !== template &&
        one.tokens.length === tokens.length &&
        one.tokens.every((token, place) => token === tokens[place] || places.includes(place)),
    )
  }

  /** Makes one template of several that differ in some places; the oldest goes on. */
  #merge(templates: readonly Template[], places: readonly number[]): Template {
    const [first, ...rest] = templates.toSorted((one, other) => one.firstSeen - other.firstSeen)
    if (first === undefined) throw new RangeError('nothing to merge')
    this.#drop(first)
    for (const place of places) first.generalize(place)
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

/** The places of a template that hold values of keys, and a key of all the others; none where there are fewer than two. */
function keyed(template: Template): { key: number | undefined; places: number[] } {
  const { tokens } = template
  const places: number[] = []
  let sum = Math.imul(tokens.length, 0x9e37_79b1)
  for (const [place, token] of tokens.entries()) {
    if (template.isValueOfKey(place)) places.push(place)
    else sum = (sum + placed(token, place)) | 0
  }
  return { key: places.length < 2 ? undefined : sum >>> 0, places }
}

/** Words in other places than these. */
function wordsBeside({ tokens }: Template, places: readonly number[]): number {
  let words = 0
  for (const [place, token] of tokens.entries()) if (token !== wild && !places.includes(place)) words++
  return words
}

/** A token's share of a sum over tokens in their places. */
function placed(token: number, place: number): number {
  const mixed = Math.imul(token ^ Math.imul(place + 1, 0x85eb_ca6b), 0xc2b2_ae35)
  return mixed ^ (mixed >>> 15)
}
