import { stripVTControlCharacters, styleText } from 'node:util'
import type { ConfigPath, Position } from './place.ts'

/** One thing that is wrong with a config. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** Stable code, such as `WEIR_CONFIG_UNKNOWN_KEY`. */
  readonly code: string
  readonly message: string
  /** What the reader can do. */
  readonly hint?: string
  /** Keys and list indices from the top of the config. */
  readonly path: ConfigPath
  /** Where it stands; left out for what stands in no file. */
  readonly position?: Position
}

/** Makes a diagnostic without the parts that are not there. */
export const diagnostic = (
  severity: Diagnostic['severity'],
  code: string,
  message: string,
  at: { path?: ConfigPath; hint?: string | undefined; position?: Position | undefined } = {},
): Diagnostic => ({
  severity,
  code,
  message,
  path: at.path ?? [],
  ...(at.hint === undefined ? {} : { hint: at.hint }),
  ...(at.position === undefined ? {} : { position: at.position }),
})

/** Sorts by file, in the order of the files, and then by place; what has no place comes first. */
export const byPosition = (files: readonly string[]) => (one: Diagnostic, other: Diagnostic) => {
  const [left, right] = [one, other].map(({ position }) =>
    position ? [files.indexOf(position.file), position.line, position.column] : [],
  )
  return [0, 1, 2].reduce((order, part) => order || (left?.[part] ?? -1) - (right?.[part] ?? -1), 0)
}

/** A path as it is shown: `receivers.file/nginx.include[0]`. */
const showPath = (path: ConfigPath): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')

/** Control characters other than a tab, which could move a terminal's cursor. */
const control = /(?!\t)\p{Cc}/gu
const printable = (text: string): string => stripVTControlCharacters(text).replace(control, '\ufffd')

const widestLine = 160

/** The line, with a caret under the columns in question; of a very long line, what is around them. */
function excerpt({ line, column, endColumn, lineText }: Position): { text: string; carets: string } {
  const from = lineText.length > widestLine && column > 40 ? column - 41 : 0
  const text = lineText.slice(from, from + widestLine)
  const gutter = `${String(line).padStart(5)} | `
  const padding = text.slice(0, column - 1 - from).replace(/[^\t]/g, ' ')
  const width = Math.max(1, Math.min(endColumn - column, text.length - padding.length))
  return {
    text: gutter + text.replace(control, '\ufffd'),
    carets: `${' '.repeat(gutter.length - 2)}| ${padding}${'^'.repeat(width)}`,
  }
}

function formatDiagnostic({ severity, message, hint, path, position }: Diagnostic, paint: typeof styleText): string {
  const color = severity === 'error' ? 'red' : 'yellow'
  const where = position === undefined ? '' : `${position.file}:${position.line}:${position.column} `
  const what = path.length === 0 ? '' : `${printable(showPath(path))}: `
  const advice = hint === undefined ? '' : ` (${printable(hint)})`
  const head = `${paint('bold', printable(where))}${paint(color, severity)} ${what}${printable(message)}${advice}`
  if (position === undefined || position.lineText === '') return head
  const { text, carets } = excerpt(position)
  return `${head}\n${text}\n${paint(color, carets)}`
}

/** The diagnostics for people: place, message and hint of each, its line, and a caret under what is meant. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], { color }: { color: boolean }): string {
  const paint: typeof styleText = (format, text) => (color ? styleText(format, text, { validateStream: false }) : text)
  return diagnostics.map((one) => formatDiagnostic(one, paint)).join('\n')
}
