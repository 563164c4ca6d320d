import type { AttributeMap, LineSource } from '@weir/sdk'

/** Sources beyond which the oldest is forgotten: what was sniffed of it is sniffed again. */
const maxSources = 10_000

/** One object a source of lines, as the stage behind wants it. */
export class LineSources {
  readonly #componentId: string
  readonly #sources = new Map<string, LineSource>()

  constructor(componentId: string) {
    this.#componentId = componentId
  }

  id(kind: string, attributes: AttributeMap): string {
    return [this.#componentId, kind, ...Object.values(attributes)].join('/')
  }

  of(kind: string, attributes: AttributeMap): LineSource {
    const id = this.id(kind, attributes)
    const known = this.#sources.get(id)
    if (known !== undefined) return known
    const source = { id, attributes }
    this.#sources.set(id, source)
    if (this.#sources.size > maxSources) {
      const [oldest] = this.#sources.keys()
      if (oldest !== undefined) this.#sources.delete(oldest)
    }
    return source
  }
}
