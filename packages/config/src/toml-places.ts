import type { Place, SourceFile, Span } from './place.ts'

const word = `(?:"[^"\\n]*"|'[^'\\n]*'|[\\w-]+)`
const dotted = `${word}(?:\\s*\\.\\s*${word})*`
const header = new RegExp(`^\\s*\\[(\\[?)\\s*(${dotted})\\s*\\]`)
const entry = new RegExp(`^(\\s*)(${dotted})(\\s*=\\s*)([^#\\n\\r]*)`)

const keysOf = (path: string): string[] =>
  (path.match(new RegExp(word, 'g')) ?? []).map((key) => key.replace(/^["'](.*)["']$/, '$1'))

/** Where the keys of a TOML file stand, line by line; the library that reads TOML does not tell. Inner keys of inline tables are not found. */
export function tomlPlaces(file: SourceFile): Place {
  const root: Place = { value: { file, start: 0, end: 0 }, children: new Map() }
  let table = root
  let start = 0
  for (const line of file.text.split('\n')) {
    const span = (from: number, length: number): Span => ({ file, start: start + from, end: start + from + length })
    const [opening, isList, path = ''] = header.exec(line) ?? []
    const [, indent = '', name = '', equals = '', value = ''] = entry.exec(line) ?? []
    if (opening !== undefined) {
      table = descend(root, keysOf(path), { key: span(opening.indexOf('['), opening.trim().length + (isList ? 1 : 0)) })
      if (isList) table = descend(table, [table.children.size], {}, true)
    } else if (name !== '') {
      const valueStart = indent.length + name.length + equals.length
      descend(table, keysOf(name), {
        key: span(indent.length, name.length),
        value: span(valueStart, value.trimEnd().length),
      })
    }
    start += line.length + 1
  }
  return root
}

/** The place at the end of a path, made where it is not there; the last element of a list of tables stands for the list. */
function descend(
  from: Place,
  path: readonly (string | number)[],
  spans: Omit<Place, 'children'>,
  isNew = false,
): Place {
  let place = from
  for (const [index, key] of path.entries()) {
    const known = place.children.get(key)
    const next = known ?? { ...spans, children: new Map() }
    place.children.set(key, next)
    const isLast = index === path.length - 1
    place = isLast || isNew ? next : (next.children.get(next.children.size - 1) ?? next)
  }
  return place
}
