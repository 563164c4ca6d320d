import { isDigit, isLabel, isLetter, isLocal } from './byte-class.ts'

const [dot, dash] = [0x2e, 0x2d]
/** RFC 5321, 4.5.3.1. */
const longestLocal = 64
const longestDomain = 255

/** Where the part before the @ at `at` begins; `at` if there is none. */
export function startOfLocal(bytes: Uint8Array, at: number, floor: number): number {
  const least = Math.max(floor, at - longestLocal)
  let start = at
  while (start > least && isLocal(bytes[start - 1])) start--
  while (start < at && (bytes[start] === dot || bytes[start] === dash || ((bytes[start] ?? 0) & 0xc0) === 0x80)) start++
  return bytes[at - 1] === dot ? at : start
}

/** Where the domain that begins at `from` ends: labels with dots between them, the last without digits; -1 if there is none. */
export function endOfDomain(bytes: Uint8Array, from: number, to: number): number {
  const limit = Math.min(to, from + longestDomain)
  let end = -1
  let labels = 0
  for (let start = from; start < limit; ) {
    let at = start
    let hasDigit = false
    let letters = 0
    while (at < limit && isLabel(bytes[at])) {
      if (isDigit(bytes[at])) hasDigit = true
      else if (isLetter(bytes[at])) letters++
      at++
    }
    let labelEnd = at
    while (labelEnd > start && bytes[labelEnd - 1] === dash) labelEnd--
    if (labelEnd === start || bytes[start] === dash) break
    labels++
    const isPunycode = bytes[start] === 0x78 && bytes[start + 1] === 0x6e && bytes[start + 2] === dash
    if (labels > 1 && letters > 1 && (!hasDigit || isPunycode)) end = labelEnd
    if (labelEnd < at || bytes[at] !== dot) break
    start = at + 1
  }
  return end
}
