import { Buffer } from 'node:buffer'
import { type LogBatch, parseTemplate, renderTemplate, type TemplatePart } from '@weir/sdk'

/** Characters after which a piece ends, with the line that it has come to. */
const pieceLength = 65_536

/** Encodes the records of a batch as lines of text. */
export class TemplateEncoder {
  readonly #parts: readonly TemplatePart[]

  /** @throws WeirError `WEIR_TEMPLATE_INVALID` */
  constructor(template: string) {
    this.#parts = parseTemplate(template)
  }

  /** The records that count, in pieces of whole lines. */
  *encode(batch: LogBatch): Generator<Buffer, void, void> {
    let text = ''
    for (const record of batch) {
      text += `${renderTemplate(this.#parts, record)}\n`
      if (text.length < pieceLength) continue
      yield Buffer.from(text)
      text = ''
    }
    if (text !== '') yield Buffer.from(text)
  }
}
