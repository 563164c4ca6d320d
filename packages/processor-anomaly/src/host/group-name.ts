import { type AlertReport, type AttributeMap, type AttributeValue, type Record, textOf } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** What the processor `template` adds: the id is for machines, the text for people. */
const templateId = 'attributes.log.template.id'
const templateText = 'log.template.text'

/** Characters of one value in a title: the whole of it is among the fields. */
const maxLength = 80

const shortened = (text: string): string => (text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`)

/** What people call the records that agree in the fields of `group_by`: their values, and of a kind of message its text. */
export class GroupName {
  readonly #paths: readonly string[]
  readonly #values: readonly AttributeValue[]
  readonly #isOfTemplate: boolean
  #message = ''
  /** Records seen of it, as long as a text is wanted. */
  #seen = 0

  constructor(paths: readonly string[], values: readonly AttributeValue[]) {
    this.#paths = paths
    this.#values = values
    this.#isOfTemplate = paths.includes(templateId)
  }

  /** A record of the group. The text of a template becomes more general with time: it is looked at again, ever less often. */
  see(record: Record): void {
    if (!this.#isOfTemplate) return
    const seen = ++this.#seen
    if ((seen & (seen - 1)) === 0) this.#message = textOf(record.attributes.get(templateText))
  }

  /** Nothing where there is one group only. */
  get text(): string {
    return this.#values.map((value, index) => this.#textOf(value, this.#paths[index])).join(', ')
  }

  /** The report with the name before its title, and the whole message among its evidence. */
  on(report: AlertReport): AlertReport {
    const { text } = this
    if (text === '') return report
    const evidence = this.#message === '' ? {} : { evidence: { message: this.#message, ...report.evidence } }
    return { ...report, title: `${text}: ${report.title}`, ...evidence }
  }

  snapshot(): AttributeMap {
    return { message: this.#message, seen: this.#seen }
  }

  restore(saved: Saved): void {
    this.#message = saved.text('message')
    this.#seen = saved.number('seen', 0)
  }

  #textOf(value: AttributeValue, path: string | undefined): string {
    if (path === templateId && this.#message !== '') return `“${shortened(this.#message)}”`
    return value === null || value === '' ? '(none)' : shortened(textOf(value))
  }
}
