import truncatedWidth from 'fast-string-truncated-width'

/** Columns that a text takes on a terminal: East Asian characters and emoji take two. */
export const widthOf = (text: string): number => truncatedWidth(text).width

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const plain = /^[ -~]*$/

/** The text, cut to so many columns with `…` at the end if it is wider. */
export function cut(text: string, columns: number): string {
  if (text.length * 2 <= columns) return text
  if (plain.test(text)) return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`
  if (widthOf(text) <= columns) return text
  let end = 0
  let left = columns - 1
  for (const { segment } of graphemes.segment(text)) {
    left -= widthOf(segment)
    if (left < 0) break
    end += segment.length
  }
  return `${text.slice(0, end)}…`
}

/** Texts side by side, a few spaces apart, on as many lines as it takes. */
export function flow(texts: readonly string[], gap: number, columns: number): string[][] {
  const lines: string[][] = []
  let left = 0
  for (const text of texts) {
    const width = widthOf(text)
    if (lines.length === 0 || width + gap > left) {
      lines.push([])
      left = columns + gap
    }
    lines.at(-1)?.push(cut(text, columns))
    left -= width + gap
  }
  return lines
}
