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

/** How many capital letters there are at `at`: sixteen at most. */
// @ts-ignore: decorator
@inline
export function lettersAt(at: usize): usize {
  const offsets = i8x16.sub(v128.load(at), i8x16.splat(0x41))
  return <usize>ctz(i8x16.bitmask(i8x16.gt_u(offsets, i8x16.splat(25))) | 0x10000)
}

/** How many digits there are at `at`: sixteen at most. */
// @ts-ignore: decorator
@inline
export function digitsAt(at: usize): usize {
  const offsets = i8x16.sub(v128.load(at), i8x16.splat(0x30))
  return <usize>ctz(i8x16.bitmask(i8x16.gt_u(offsets, i8x16.splat(9))) | 0x10000)
}

/** The number that one to eight digits make, eight at once: two neighbours at a time become one. */
// @ts-ignore: decorator
@inline
export function numberOf(at: usize, digits: usize): i32 {
  let number = (load<u64>(at) << ((8 - <u64>digits) << 3)) & 0x0f0f0f0f0f0f0f0f
  number = ((number * 2561) >> 8) & 0x00ff00ff00ff00ff
  number = ((number * 6553601) >> 16) & 0x0000ffff0000ffff
  return <i32>((number * 42949672960001) >> 32)
}

/** Of 32 bytes: which end a request's target (low half), and which are question marks (high half). */
// @ts-ignore: decorator
@inline
export function targetIn(at: usize): u64 {
  const space = i8x16.splat(0x20)
  const quote = i8x16.splat(0x22)
  const question = i8x16.splat(0x3f)
  const low = v128.load(at)
  const high = v128.load(at, 16)
  const lowEnds = i8x16.bitmask(v128.or(i8x16.le_u(low, space), i8x16.eq(low, quote)))
  const highEnds = i8x16.bitmask(v128.or(i8x16.le_u(high, space), i8x16.eq(high, quote)))
  const lowMarks = i8x16.bitmask(i8x16.eq(low, question))
  const highMarks = i8x16.bitmask(i8x16.eq(high, question))
  return <u64>(<u32>lowEnds | (<u32>highEnds << 16)) | (<u64>(<u32>lowMarks | (<u32>highMarks << 16)) << 32)
}

// @ts-ignore: decorator
@inline
function quotesIn16(at: usize): u64 {
  const bytes = v128.load(at)
  return <u64><u32>i8x16.bitmask(
    v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x0a))),
  )
}

/** Which of 64 bytes are quotes or newlines. */
// @ts-ignore: decorator
@inline
export function quotesIn(at: usize): u64 {
  return quotesIn16(at) | (quotesIn16(at + 16) << 16) | (quotesIn16(at + 32) << 32) | (quotesIn16(at + 48) << 48)
}

// @ts-ignore: decorator
@inline
function marksIn16(at: usize, byte: u8): u64 {
  return <u64><u32>i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(byte)))
}

/** Which of 64 bytes are this one. */
// @ts-ignore: decorator
@inline
export function marksOf(at: usize, byte: u8): u64 {
  return marksIn16(at, byte) | (marksIn16(at + 16, byte) << 16) | (marksIn16(at + 32, byte) << 32) | (marksIn16(at + 48, byte) << 48)
}

/** The first newline, where it is likely to be far away: 64 bytes at a time. */
// @ts-ignore: decorator
@inline
export function endOfLongLine(at: usize): usize {
  while (true) {
    const marks = marksOf(at, 0x0a)
    if (marks != 0) return at + <usize>ctz(marks)
    at += 64
  }
}
