/** What stands after the backslash for a control character: a letter, or `u`. */
const letters = memory.data<u8>([
  0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x62, 0x74, 0x6e, 0x75, 0x66, 0x72, 0x75, 0x75,
  0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75, 0x75,
])

// @ts-ignore: decorator
@inline
function hexDigit(value: u32): u32 {
  return value < 10 ? value + 0x30 : value + 0x57
}

/** Copies bytes as they are; up to fifteen more are written behind them. Returns the end of the copy. */
// @ts-ignore: decorator
@inline
export function copy(out: usize, from: usize, to: usize): usize {
  const length = to - from
  for (let at: usize = 0; at < length; at += 16) v128.store(out + at, v128.load(from + at))
  return out + length
}

/** Copies UTF-8 text as the inside of a JSON string. */
export function escape(to: usize, from: usize, end: usize): usize {
  const quote = i8x16.splat(0x22)
  const backslash = i8x16.splat(0x5c)
  const space = i8x16.splat(0x20)
  let out = to
  let at = from
  while (at < end) {
    const bytes = v128.load(at)
    v128.store(out, bytes)
    let marks = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_u(bytes, space)),
    )
    const left = <i32>(end - at)
    if (left < 16) marks &= (1 << left) - 1
    if (marks == 0) {
      const step = left < 16 ? left : 16
      out += step
      at += step
      continue
    }
    const plain = ctz(marks)
    out += plain
    at += plain
    const byte = <u32>load<u8>(at)
    at++
    const letter = byte < 0x20 ? <u32>load<u8>(letters + byte) : byte
    store<u8>(out, 0x5c)
    store<u8>(out, <u8>letter, 1)
    out += 2
    if (letter != 0x75) continue
    store<u16>(out, 0x3030)
    store<u8>(out, <u8>hexDigit(byte >> 4), 2)
    store<u8>(out, <u8>hexDigit(byte & 15), 3)
    out += 4
  }
  return out
}

/** Copies a JSON value. Line breaks in it stand between tokens, and become spaces. */
export function copyJson(to: usize, from: usize, end: usize): usize {
  const out = copy(to, from, end)
  for (let at = to; at < out; at++) {
    const byte = load<u8>(at)
    if (byte == 0x0a || byte == 0x0d) store<u8>(at, 0x20)
  }
  return out
}

/** Writes an integer in decimal. */
export function integer(to: usize, value: i32): usize {
  let out = to
  let rest = <u32>value
  if (value < 0) {
    store<u8>(out++, 0x2d)
    rest = 0 - rest
  }
  let digits: usize = 1
  for (let limit: u64 = 10; <u64>rest >= limit; limit *= 10) digits++
  for (let at = out + digits; at > out; ) {
    const tenth = rest / 10
    store<u8>(--at, <u8>(0x30 + rest - tenth * 10))
    rest = tenth
  }
  return out + digits
}

/** Writes the last `count` digits of a number, with zeros in front. */
export function digits(to: usize, value: u32, count: usize): usize {
  let rest = value
  for (let at = to + count; at > to; ) {
    const tenth = rest / 10
    store<u8>(--at, <u8>(0x30 + rest - tenth * 10))
    rest = tenth
  }
  return to + count
}
