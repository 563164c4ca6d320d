import type { Counter } from '@weir/sdk'
import type { Template } from './template.ts'
import type { TemplateMiner } from './template-miner.ts'

/** Templates that are counted by name in the process's metrics, whatever number of detectors there is. */
const maxLabels = 200
/** Of each miner, so many of the most frequent are counted. */
const maxCounted = 20
const maxLabelLength = 120

const labels = new Set<string>()

/** Counts the records of the most frequent templates in the metrics, each under the text that it had at first. */
export class TemplateCounts {
  readonly #counter: Counter
  readonly #miner: TemplateMiner
  readonly #counted = new Map<Template, { readonly label: string; count: number }>()

  readonly #past = new WeakMap<Template, number>()

  constructor(counter: Counter, miner: TemplateMiner) {
    this.#counter = counter
    this.#miner = miner
  }

  /** Adds what has come since the last time. */
  update(): void {
    for (const [template, { count }] of this.#counted) {
      if (template.mergedInto === undefined) continue
      this.#counted.delete(template)
      const entry = this.#entry(template.current)
      if (entry !== undefined) entry.count += count
    }
    const templates = this.#miner.templates.sort((one, other) => other.count - one.count)
    for (const template of templates.slice(0, maxCounted)) {
      const entry = this.#entry(template)
      if (entry === undefined) continue
      if (template.count > entry.count) this.#counter.add(template.count - entry.count, { template: entry.label })
      entry.count = template.count
    }
  }

  /** What the templates have counted so far was counted in the metrics of an earlier run. */
  forgetPast(): void {
    for (const template of this.#miner.templates) this.#past.set(template, template.count)
  }

  #entry(template: Template): { readonly label: string; count: number } | undefined {
    const known = this.#counted.get(template)
    if (known !== undefined) return known
    const { text } = template
    const label = text.length <= maxLabelLength ? text : `${text.slice(0, maxLabelLength - 1)}…`
    if (!labels.has(label) && labels.size >= maxLabels) return undefined
    labels.add(label)
    const entry = { label, count: this.#past.get(template) ?? 0 }
    this.#counted.set(template, entry)
    return entry
  }
}
