import { digits } from './json-text'

/** `,"time":"` is nine bytes, the date and the `T` eleven, the clock twelve. */
const text = memory.data(64)
const clock = text + 20
const end = text + 32
const DAY: f64 = 86400000

let isBegun = false
let day: f64 = NaN
let second: i32 = -1

/** Calendar day by Howard Hinnant's algorithm: https://howardhinnant.github.io/date_algorithms.html#civil_from_days */
function setDay(days: i32): void {
  const shifted = days + 719468
  const era = (shifted >= 0 ? shifted : shifted - 146096) / 146097
  const dayOfEra = shifted - era * 146097
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  const shiftedMonth = (5 * dayOfYear + 2) / 153
  const dayOfMonth = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  digits(text + 9, <u32>year, 4)
  store<u8>(text, 0x2d, 13)
  digits(text + 14, <u32>month, 2)
  store<u8>(text, 0x2d, 16)
  digits(text + 17, <u32>dayOfMonth, 2)
  store<u8>(text, 0x54, 19)
}

function begin(): void {
  isBegun = true
  store<u64>(text, 0x3a22656d6974222c) // ,"time":
  store<u8>(text, 0x22, 8)
  store<u8>(clock, 0x3a, 2)
  store<u8>(clock, 0x3a, 5)
  store<u8>(clock, 0x2e, 8)
}

/** Times outside of this are not written here: years of four digits. */
export const FIRST: f64 = -62167219200000
export const LAST: f64 = 253402300799999

/** Writes the member `,"time":"2026-11-24T14:13:19.123Z"`. */
export function time(to: usize, ms: f64, nanoseconds: u32): usize {
  if (!isBegun) begin()
  const whole = Math.floor(ms)
  let ofDay = whole - day
  if (!(ofDay >= 0 && ofDay < DAY)) {
    const days = Math.floor(whole / DAY)
    day = days * DAY
    ofDay = whole - day
    second = -1
    setDay(<i32>days)
  }
  const millis = <i32>ofDay
  const now = millis / 1000
  if (now != second) {
    second = now
    const minute = now / 60
    digits(clock, <u32>(minute / 60), 2)
    digits(clock + 3, <u32>(minute % 60), 2)
    digits(clock + 6, <u32>(now % 60), 2)
  }
  digits(clock + 9, <u32>(millis - now * 1000), 3)
  v128.store(to, v128.load(text))
  v128.store(to, v128.load(text, 16), 16)
  let out = to + (end - text)
  if (nanoseconds != 0) out = digits(out, nanoseconds, 6)
  store<u16>(out, 0x225a)
  return out + 2
}
