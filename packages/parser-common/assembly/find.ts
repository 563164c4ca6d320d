// Searches, sixteen bytes at a time. None has a bound: the input ends with a newline, and what lies behind it may be read.

// @ts-ignore: decorator
@inline
function firstOf(marks: v128): i32 {
  return i8x16.bitmask(marks)
}

/** The first space or control character at or after `at`. */
// @ts-ignore: decorator
@inline
export function endOfWord(at: usize): usize {
  const space = i8x16.splat(0x20)
  while (true) {
    const marks = firstOf(i8x16.le_u(v128.load(at), space))
    if (marks != 0) return at + ctz(marks)
    at += 16
  }
}

/** The first space, control character, quote or question mark: the end of a path. */
// @ts-ignore: decorator
@inline
export function endOfPath(at: usize): usize {
  const space = i8x16.splat(0x20)
  const quote = i8x16.splat(0x22)
  const question = i8x16.splat(0x3f)
  while (true) {
    const bytes = v128.load(at)
    const marks = firstOf(
      v128.or(v128.or(i8x16.le_u(bytes, space), i8x16.eq(bytes, quote)), i8x16.eq(bytes, question)),
    )
    if (marks != 0) return at + ctz(marks)
    at += 16
  }
}

/** The first space, control character or quote: the end of a query. */
// @ts-ignore: decorator
@inline
export function endOfQuery(at: usize): usize {
  const space = i8x16.splat(0x20)
  const quote = i8x16.splat(0x22)
  while (true) {
    const bytes = v128.load(at)
    const marks = firstOf(v128.or(i8x16.le_u(bytes, space), i8x16.eq(bytes, quote)))
    if (marks != 0) return at + ctz(marks)
    at += 16
  }
}

/** The first quote or newline. */
// @ts-ignore: decorator
@inline
export function endOfQuoted(at: usize): usize {
  const quote = i8x16.splat(0x22)
  const newline = i8x16.splat(0x0a)
  while (true) {
    const bytes = v128.load(at)
    const marks = firstOf(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, newline)))
    if (marks != 0) return at + ctz(marks)
    at += 16
  }
}

/** The first newline. */
// @ts-ignore: decorator
@inline
export function endOfLine(at: usize): usize {
  const newline = i8x16.splat(0x0a)
  while (true) {
    const marks = firstOf(i8x16.eq(v128.load(at), newline))
    if (marks != 0) return at + ctz(marks)
    at += 16
  }
}
