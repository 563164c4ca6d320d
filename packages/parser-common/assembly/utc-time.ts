import { epochOf, two } from './calendar'
import { digitsAt, numberOf } from './find'

/** By how many digits of a fraction are missing to nanoseconds. */
const powers = memory.data<u32>([1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000])

/** The second that was read last: its 19 bytes, and as a number. */
const known: usize = memory.data(24, 8)
let knownSecond: f64 = NaN

/** What `readTime` has read, and the nanoseconds below the millisecond. */
export let milliseconds: f64 = NaN
export let remainder: u32 = 0

/** Reads `2026-11-24T13:55:36.123456Z`; the offset after it, or 0 for what is not exactly of that form. */
export function readTime(from: usize): usize {
  if (load<u64>(from) != load<u64>(known) || load<u64>(from, 8) != load<u64>(known, 8) || load<u32>(from, 15) != load<u32>(known, 15)) {
    const century = two(from)
    const ofCentury = two(from + 2)
    const isShaped =
      load<u8>(from, 4) == 0x2d && load<u8>(from, 7) == 0x2d && load<u8>(from, 10) == 0x54 &&
      load<u8>(from, 13) == 0x3a && load<u8>(from, 16) == 0x3a
    if (!isShaped || century > 99 || ofCentury > 99) return 0
    const second = epochOf(
      century * 100 + ofCentury, two(from + 5), two(from + 8), two(from + 11), two(from + 14), two(from + 17),
    )
    if (isNaN(second)) return 0
    memory.copy(known, from, 19)
    knownSecond = second
  }
  let at = from + 19
  milliseconds = knownSecond
  remainder = 0
  if (load<u8>(at) == 0x2e) {
    const count = digitsAt(++at)
    if (count - 1 > 8) return 0
    let fraction = <u32>numberOf(at, count < 8 ? count : <usize>8)
    if (count == 9) fraction = fraction * 10 + load<u8>(at, 8) - 0x30
    at += count
    const nanoseconds = fraction * load<u32>(powers + ((9 - count) << 2))
    const ms = nanoseconds / 1000000
    milliseconds += <f64>ms
    remainder = nanoseconds - ms * 1000000
  }
  return load<u8>(at) == 0x5a ? at + 1 : 0
}
