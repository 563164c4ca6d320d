/** The name as Loki has it: letters, digits and `_`. */
const labelName = (name: string): string => {
  const changed = name.replace(/[^a-zA-Z0-9_]/g, '_')
  return /^[a-zA-Z_]/.test(changed) ? changed : `_${changed}`
}

/** Names as Loki has them, each given once: one that is taken gets a number. */
export class LabelNames {
  readonly #taken: Set<string>

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken)
  }

  add(name: string): string {
    const wanted = labelName(name)
    let given = wanted
    for (let count = 2; this.#taken.has(given); count++) given = `${wanted}_${count}`
    this.#taken.add(given)
    return given
  }
}
