import { Buffer } from 'node:buffer'
import type { AttributeValue } from '@weir/sdk'
import { Saved } from '@weir/windows'
import { SignatureCache } from './signature-cache.ts'
import { Template } from './template.ts'
import { TemplateIndex } from './template-index.ts'
import { endsToken, hashesOf, joined, Tokenizer, wild } from './tokenizer.ts'

/** When there are too many templates, one in so many is forgotten at once: those not seen for longest. */
const evictionShare = 16
/** Bytes of a message that are looked at where it must be copied. */
const maxCopied = 64 * 1024

/** New kinds of messages that are learnt at once, and how many more for each message: what has no pattern costs no more. */
const maxBudget = 4096
const budgetPerMessage = 0.02

/** What a message turned out to be. */
export interface Mined {
  template: Template
  /** It is the first of its kind. */
  isNew: boolean
  /** It is the first of its kind, but differs from a known kind by one word only. */
  isVariation: boolean
  /** Time since the last message of its kind, in milliseconds; 0 where it is not known. */
  silence: number
}

/**
 * Finds out what kinds of messages there are, in one pass and bounded memory. Values are known by their shape; a word is
 * found to be a value when enough different ones have stood in its place while all else was the same.
 *
 * A message whose tokens were seen before, which is nearly every one, costs the reading of its bytes and one look-up.
 */
export class TemplateMiner {
  /** Messages that were read. */
  messages = 0
  /** Changes when templates have been merged or forgotten: whoever holds one must ask again. */
  generation = 0
  readonly #maxTemplates: number
  readonly #tokenizer = new Tokenizer()
  readonly #cache = new SignatureCache()
  readonly #index = new TemplateIndex()
  readonly #mined: Mined = { template: Template.other(), isNew: false, isVariation: false, silence: 0 }
  #copy = Buffer.alloc(0)
  /** Kinds of messages that may still be learnt, as of the message `#budgetAt`. */
  #budget = maxBudget
  #budgetAt = 0
  /** Messages that were not learnt. */
  readonly #other = Template.other()

  constructor(maxTemplates: number) {
    this.#maxTemplates = maxTemplates
  }

  get size(): number {
    return this.#index.size
  }

  /** All templates, oldest first. */
  get templates(): Template[] {
    return this.#index.all()
  }

  /** Takes the message `bytes[from…to)`, valid UTF-8, up to its first line break. What is returned is used again. */
  add(bytes: Buffer, from: number, to: number): Mined {
    if (!endsToken(bytes[to])) return this.#addCopy(bytes, from, to)
    const tokenizer = this.#tokenizer
    tokenizer.read(bytes, from, to)
    const mined = this.#mined
    mined.isNew = false
    mined.isVariation = false
    const template = this.#cache.find(tokenizer.hash, tokenizer.check) ?? this.#recall(bytes, from, to)
    template.count++
    template.lastSeen = ++this.messages
    mined.template = template
    return mined
  }

  /** Takes a message whose kind is known by a number and a text: nothing is mined. */
  addNamed(key: number, text: string): Mined {
    const tokens = Int32Array.of(1, key)
    const known = this.#index.find(hashesOf(tokens), tokens.length, tokens)
    const mined = this.count(known ?? this.#enter(Template.named(tokens, text)))
    mined.isNew = known === undefined
    return mined
  }

  /** Takes one more message of a template that `add` has returned since `generation` was last another. */
  count(template: Template): Mined {
    const mined = this.#mined
    mined.isNew = false
    mined.isVariation = false
    template.count++
    template.lastSeen = ++this.messages
    mined.template = template
    return mined
  }

  /** What stands in a message in the template's places for values, in their order; nothing if it is of another kind. */
  parameters(template: Template, message: string): string[] {
    const bytes = Buffer.from(`${message}\n`)
    const tokenizer = this.#tokenizer
    tokenizer.read(bytes, 0, bytes.length - 1)
    const { count, starts, ends } = tokenizer
    const own = template.tokens
    if (count !== own.length || !template.matches(tokenizer.tokens)) return []
    const values: string[] = []
    for (let index = 0; index < count; index++) {
      if (own[index] === wild) values.push(bytes.toString('utf8', starts[index], ends[index]))
    }
    return values
  }

  snapshot(): AttributeValue {
    return {
      messages: this.messages,
      budget: this.#budget,
      budgetAt: this.#budgetAt,
      templates: this.templates.map((template) => template.snapshot()),
    }
  }

  restore(snapshot: AttributeValue | undefined): void {
    const saved = new Saved(snapshot)
    this.messages = saved.number('messages', 0)
    this.#budget = saved.number('budget', maxBudget)
    this.#budgetAt = saved.number('budgetAt', 0)
    for (const entry of saved.children('templates')) this.#index.add(Template.from(entry))
  }

  /** A message that is followed by something at which the tokeniser would not stop. */
  #addCopy(bytes: Buffer, from: number, to: number): Mined {
    const length = Math.min(to - from, maxCopied)
    if (this.#copy.length <= length) this.#copy = Buffer.alloc(length * 2 + 1)
    bytes.copy(this.#copy, 0, from, from + length)
    this.#copy[length] = 10
    return this.add(this.#copy, 0, length)
  }

  /** The template of a message that the cache does not have: known all the same, or new. */
  #recall(bytes: Buffer, from: number, to: number): Template {
    const { count, tokens, hash, check } = this.#tokenizer
    const known = this.#index.find(joined(hash, check), count, tokens)
    if (known === undefined && !this.#mayLearn()) return this.#other
    const template = known ?? this.#learn(bytes, from, to)
    this.#cache.add(hash, check, template)
    return template
  }

  #mayLearn(): boolean {
    this.#budget = Math.min(maxBudget, this.#budget + (this.messages - this.#budgetAt) * budgetPerMessage)
    this.#budgetAt = this.messages
    if (this.#budget < 1) return false
    this.#budget--
    return true
  }

  #learn(bytes: Buffer, from: number, to: number): Template {
    const template = this.#enter(Template.of(this.#tokenizer, bytes, from, to))
    this.#mined.isNew = template.mergedInto === undefined
    return template.current
  }

  #enter(template: Template): Template {
    if (this.size >= this.#maxTemplates) this.#evict()
    template.firstSeen = this.messages
    const { similar, merged } = this.#index.relate(template)
    this.#mined.isVariation = similar
    if (merged !== undefined) this.#forgetCached()
    return template
  }

  #evict(): void {
    const bySeen = this.templates.sort((one, other) => one.lastSeen - other.lastSeen)
    this.#index.remove(bySeen.slice(0, Math.ceil(bySeen.length / evictionShare)))
    this.#forgetCached()
  }

  #forgetCached(): void {
    this.generation++
    this.#cache.clear()
  }
}
