import type { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { AttributeValue } from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'
import type { Heartbeat } from '../detectors/heartbeat.ts'
import { anyValue, maskOf } from './mask.ts'
import { maxTokens, type Tokenizer, wild } from './tokenizer.ts'

/** Characters of a template's text: enough to recognise a message. */
const maxText = 400

const idOf = (words: string): string => createHash('sha256').update(words).digest('hex').slice(0, 12)

/** What stands before a value: `=`, or a colon without a space, and perhaps what encloses it. */
const beforeValue = /=\s*["'([{]?$|^["']?:["'([{]?$/

/** Words that say what has happened: no values, however many there are. */
const verb = /^\p{L}{2,}(?:ed|ing)$/u

/** A kind of message: its words, with places for values. */
export class Template {
  /** Stable: derived from the words of the first message of this kind, the same after a restart and on any machine. */
  readonly id: string
  /** Hashes of words, `wild` for values. */
  readonly tokens: Int32Array
  /** Messages of this kind. */
  count = 0
  /** Number of the message that was the first of this kind. */
  firstSeen = 0
  /** Number of the message that was the last of this kind. */
  lastSeen = 0
  /** Times of the first and the last record of this kind that had one; `NaN` before. */
  firstTime = Number.NaN
  lastTime = Number.NaN
  /** Its first message, as it came. */
  example = ''
  /** How regularly it comes, where someone keeps count of that. */
  heartbeat: Heartbeat | undefined
  /** A word of its first message turned out to be a value. */
  isVariable = false
  /** The template that it has become part of. */
  mergedInto: Template | undefined
  /** Text before each token, and after the last. */
  readonly #between: readonly string[]
  readonly #shown: string[]
  /** As long as nothing changes. */
  #text: string | undefined

  constructor(id: string, tokens: Int32Array, between: readonly string[], shown: string[]) {
    this.id = id
    this.tokens = tokens
    this.#between = between
    this.#shown = shown
  }

  /** A template that is known by its tokens and a text. */
  static named(tokens: Int32Array, text: string): Template {
    const template = new Template(idOf(text), tokens, [text], [])
    template.example = text
    return template
  }

  /** Stands for messages of no known kind. */
  static other(): Template {
    return new Template('', new Int32Array(0), ['(other messages)'], [])
  }

  /** The template of a message that the tokeniser has just read. */
  static of(tokenizer: Tokenizer, bytes: Buffer, from: number, to: number): Template {
    const { count, starts, ends, end } = tokenizer
    const tokens = tokenizer.tokens.slice(0, count)
    const between: string[] = []
    const shown: string[] = []
    let at = from
    for (let index = 0; index < count && at < from + maxText; index++) {
      const start = starts[index] ?? 0
      between.push(bytes.toString('utf8', at, start))
      at = ends[index] ?? 0
      const text = bytes.toString('utf8', start, at)
      shown.push(tokens[index] === wild ? maskOf(text) : text)
    }
    const isWhole = at < from + maxText && (end >= to || count < maxTokens)
    between.push(isWhole ? bytes.toString('utf8', at, Math.min(end, at + maxText)) : '…')
    const words = shown.map((word, index) => (tokens[index] === wild ? anyValue : word)).join(' ')
    const template = new Template(idOf(words), tokens, between, shown)
    const lineEnd = bytes.indexOf(10, from)
    const lastByte = Math.min(lineEnd < 0 ? to : lineEnd, to)
    template.example = bytes.toString('utf8', from, Math.min(lastByte, from + maxText)).trim()
    return template
  }

  /** The template that its messages belong to now. */
  get current(): Template {
    let template: Template = this
    while (template.mergedInto !== undefined) template = template.mergedInto
    return template
  }

  /** For people: `user <num> signed in from <ip>`. */
  get text(): string {
    this.#text ??= this.#write()
    return this.#text
  }

  #write(): string {
    let text = ''
    for (const [index, shown] of this.#shown.entries()) text += (this.#between[index] ?? '') + shown
    const whole = (text + (this.#between.at(-1) ?? '')).trim()
    return whole.length <= maxText ? whole : `${whole.slice(0, maxText - 1)}…`
  }

  /** Words that are no places for values. */
  get words(): number {
    let words = 0
    for (const token of this.tokens) if (token !== wild) words++
    return words
  }

  /** Whether what stands in a place is the value of a key: `name=android`, `isOverlap:true`. */
  isValueOfKey(index: number): boolean {
    return index > 0 && index < this.#shown.length && beforeValue.test(this.#between[index] ?? '')
  }

  /** Whether a word says what has happened: `Started`, `closing`. */
  isVerb(index: number): boolean {
    return verb.test(this.#shown[index] ?? '')
  }

  /** Makes a word a place for values. */
  generalize(index: number): void {
    this.tokens[index] = wild
    this.isVariable = true
    this.#text = undefined
    if (index < this.#shown.length) this.#shown[index] = anyValue
  }

  /** A record of this kind has this time. */
  seenAt(time: number): void {
    if (Number.isNaN(time)) return
    if (!(time >= this.firstTime)) this.firstTime = time
    if (!(time <= this.lastTime)) this.lastTime = time
  }

  /** Takes over what another was. */
  absorb(other: Template): void {
    this.count += other.count
    this.lastSeen = Math.max(this.lastSeen, other.lastSeen)
    this.seenAt(other.firstTime)
    this.seenAt(other.lastTime)
    other.mergedInto = this
  }

  /** Whether another has the same tokens in all places but this one, where both have a word. */
  differsOnlyAt(place: number, { tokens }: Template): boolean {
    const own = this.tokens
    if (own.length !== tokens.length || own[place] === wild || own[place] === tokens[place]) return false
    for (let index = 0; index < own.length; index++) if (index !== place && own[index] !== tokens[index]) return false
    return true
  }

  matches(tokens: Int32Array): boolean {
    const own = this.tokens
    for (let index = 0; index < own.length; index++) {
      if (own[index] !== wild && own[index] !== tokens[index]) return false
    }
    return true
  }

  snapshot(): AttributeValue {
    const { id, count, firstSeen, lastSeen, isVariable, example } = this
    return {
      id,
      count,
      firstSeen,
      lastSeen,
      isVariable,
      example,
      firstTime: savedTime(this.firstTime),
      lastTime: savedTime(this.lastTime),
      tokens: [...this.tokens],
      between: [...this.#between],
      shown: [...this.#shown],
    }
  }

  static from(saved: Saved): Template {
    const tokens = Int32Array.from(saved.numbers('tokens'))
    const template = new Template(saved.text('id'), tokens, saved.texts('between'), saved.texts('shown'))
    template.count = saved.number('count', 0)
    template.isVariable = saved.flag('isVariable')
    template.firstSeen = saved.number('firstSeen', 0)
    template.lastSeen = saved.number('lastSeen', 0)
    template.firstTime = saved.number('firstTime', Number.NaN)
    template.lastTime = saved.number('lastTime', Number.NaN)
    template.example = saved.text('example')
    return template
  }
}
