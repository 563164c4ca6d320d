import { carriageReturn, controlsIn, lowestByte, newline } from './byte.ts'
import { page, pageWords } from './page.ts'

const bytes = page
const words = pageWords

/** Offset of the newline at or after `from`. */
export function endOfLine(from: number): number {
  let at = from
  for (;;) {
    const marks = controlsIn(words.getInt32(at, true))
    if (marks === 0) {
      at += 4
      continue
    }
    at += lowestByte(marks)
    if (bytes[at] === newline) return at
    at++
  }
}

/** Where the content of a line ends whose newline is at `end`. */
export const contentEnd = (start: number, end: number): number =>
  end > start && bytes[end - 1] === carriageReturn ? end - 1 : end
