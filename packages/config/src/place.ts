/** A config file as it was read; its name is the one that the operator sees. */
export interface SourceFile {
  readonly name: string
  readonly text: string
}

/** A part of a file, by character offsets. */
export interface Span {
  readonly file: SourceFile
  readonly start: number
  readonly end: number
}

/** Where a value of the config was written, and where the values in it were. */
export interface Place {
  readonly key?: Span
  readonly value?: Span
  /** The text stood in quotes, so that a substitution in it stays text. */
  readonly isQuoted?: boolean
  /** What a substitution put there. */
  substituted?: string
  readonly children: Map<string | number, Place>
}

export type ConfigPath = readonly (string | number)[]

/** A place in a config file for people: line and columns count from 1, `endColumn` is after the last character. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endColumn: number
  readonly lineText: string
}

export function positionOf({ file, start, end }: Span): Position {
  const lineStart = file.text.lastIndexOf('\n', start - 1) + 1
  const lineEnd = /\r?\n|$/.exec(file.text.slice(start))?.index ?? 0
  const line = file.text.slice(0, lineStart).split('\n').length
  const lineText = file.text.slice(lineStart, start + lineEnd)
  const column = start - lineStart + 1
  return {
    file: file.name,
    line,
    column,
    endColumn: Math.max(column + 1, Math.min(end - lineStart, lineText.length) + 1),
    lineText,
  }
}

/** The place of a path, or of the nearest thing around it that was written. */
export function placeAt(root: Place, path: ConfigPath): { place: Place; isExact: boolean } {
  let place = root
  for (const step of path) {
    const child = place.children.get(step)
    if (child === undefined) return { place, isExact: false }
    place = child
  }
  return { place, isExact: true }
}

/** Position of a scalar or list item, or of the key of anything larger; of the key itself when `what` asks for it. */
export function locate(root: Place, path: ConfigPath, what: 'key' | 'value' = 'value'): Position | undefined {
  const { place, isExact } = placeAt(root, path)
  const isScalar =
    isExact && place.children.size === 0 && place.value !== undefined && place.value.end > place.value.start
  const span = what === 'value' && isScalar ? place.value : (place.key ?? place.value)
  return span && positionOf(span)
}

/** Position of a few characters of a text, if it stands in the file as it is; else of the whole text. */
export function locateInText(
  root: Place,
  path: ConfigPath,
  text: string,
  offset: number,
  length = 1,
): Position | undefined {
  const { value, isQuoted } = placeAt(root, path).place
  const start = (value?.start ?? 0) + (isQuoted ? 1 : 0)
  if (value?.file.text.startsWith(text, start) !== true) return locate(root, path)
  const from = start + Math.min(offset, Math.max(0, text.length - 1))
  return positionOf({ file: value.file, start: from, end: Math.min(from + length, start + text.length) })
}
