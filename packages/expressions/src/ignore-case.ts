import { RegExpParser, visitRegExpAST } from '@eslint-community/regexpp'

/** Code units that the flag `i` takes for one (ECMA-262, Canonicalize without `u`), by each of them. */
let variants: Map<number, number[]> | undefined

function variantsByCodeUnit(): Map<number, number[]> {
  const byCanonical = new Map<number, number[]>()
  for (let unit = 0; unit <= 0xffff; unit++) {
    const upper = String.fromCharCode(unit).toUpperCase()
    const first = upper.charCodeAt(0)
    const canonical = upper.length !== 1 || (unit >= 128 && first < 128) ? unit : first
    const units = byCanonical.get(canonical)
    if (units === undefined) byCanonical.set(canonical, [unit])
    else units.push(unit)
  }
  const result = new Map<number, number[]>()
  for (const units of byCanonical.values()) if (units.length > 1) for (const unit of units) result.set(unit, units)
  return result
}

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`

/** What to add to a class that has the code units `min`…`max`, so that it has them in either case. */
function additions(min: number, max: number): string {
  variants ??= variantsByCodeUnit()
  const units = new Set<number>()
  for (let unit = min; unit <= max; unit++)
    for (const other of variants.get(unit) ?? []) if (other < min || other > max) units.add(other)
  const sorted = [...units].sort((one, other) => one - other)
  let text = ''
  for (let index = 0; index < sorted.length; ) {
    const from = sorted[index] ?? 0
    let to = from
    while (sorted[++index] === to + 1) to++
    text += from === to ? escaped(from) : `${escaped(from)}-${escaped(to)}`
  }
  return text
}

/**
 * The pattern written so that it needs no flag `i`: `err` becomes `[e\u0045][r\u0052][r\u0052]`. V8's linear engine
 * does not know that flag.
 */
export function withoutIgnoreCase(source: string): string {
  const edits: { start: number; end: number; text: string }[] = []
  visitRegExpAST(new RegExpParser().parsePattern(source), {
    onCharacterEnter({ parent, start, end, raw, value }) {
      if (parent.type === 'CharacterClassRange') return
      const added = additions(value, value)
      if (added !== '')
        edits.push({ start, end, text: parent.type === 'CharacterClass' ? raw + added : `[${raw}${added}]` })
    },
    onCharacterClassRangeEnter({ start, end, raw, min, max }) {
      const added = additions(min.value, max.value)
      if (added !== '') edits.push({ start, end, text: raw + added })
    },
  })
  let text = source
  for (const { start, end, text: replacement } of edits.sort((one, other) => other.start - one.start)) {
    text = text.slice(0, start) + replacement + text.slice(end)
  }
  return text
}
