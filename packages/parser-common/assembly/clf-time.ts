/** Two digits, or something above 99 if they are none. */
// @ts-ignore: decorator
@inline
function two(at: usize): i32 {
  const tens = <i32>load<u8>(at) - 0x30
  const ones = <i32>load<u8>(at, 1) - 0x30
  return <u32>tens > 9 || <u32>ones > 9 ? 1000 : tens * 10 + ones
}

/** Month by the low five bits of its three letters; 0 if they are none. */
function monthOf(at: usize): i32 {
  const letters = (<i32>load<u8>(at) << 16) | (<i32>load<u8>(at, 1) << 8) | <i32>load<u8>(at, 2)
  switch (letters) {
    case 0x4a616e: return 1
    case 0x466562: return 2
    case 0x4d6172: return 3
    case 0x417072: return 4
    case 0x4d6179: return 5
    case 0x4a756e: return 6
    case 0x4a756c: return 7
    case 0x417567: return 8
    case 0x536570: return 9
    case 0x4f6374: return 10
    case 0x4e6f76: return 11
    case 0x446563: return 12
    default: return 0
  }
}

function daysOf(month: i32, year: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
}

/**
 * Unix epoch in milliseconds of `24/Nov/2026:13:55:36 +0000`, `NaN` for what is not exactly of that form.
 * Days by Howard Hinnant's algorithm: https://howardhinnant.github.io/date_algorithms.html#days_from_civil
 */
export function clfTime(at: usize): f64 {
  const month = monthOf(at + 3)
  const day = two(at)
  const century = two(at + 7)
  const ofCentury = two(at + 9)
  const year = century * 100 + ofCentury
  const hour = two(at + 12)
  const minute = two(at + 15)
  const second = two(at + 18)
  const zoneHour = two(at + 22)
  const zoneMinute = two(at + 24)
  const sign = load<u8>(at, 21)
  const separators =
    load<u8>(at, 2) == 0x2f && load<u8>(at, 6) == 0x2f && load<u8>(at, 11) == 0x3a && load<u8>(at, 14) == 0x3a &&
    load<u8>(at, 17) == 0x3a && load<u8>(at, 20) == 0x20 && (sign == 0x2b || sign == 0x2d)
  if (!separators || month == 0 || century > 99 || ofCentury > 99 || day < 1 || day > daysOf(month, year)) return NaN
  if (hour > 23 || minute > 59 || second > 60 || zoneHour > 23 || zoneMinute > 59) return NaN
  const shifted = month <= 2 ? year - 1 : year
  const era = shifted / 400
  const yearOfEra = shifted - era * 400
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  const days = era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
  const zone = (zoneHour * 60 + zoneMinute) * (sign == 0x2d ? -1 : 1)
  return ((<f64>days * 24 + <f64>hour) * 60 + <f64>(minute - zone)) * 60000 + <f64>second * 1000
}
