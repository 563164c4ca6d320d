/** Two digits, or something above 99 if they are none. */
// @ts-ignore: decorator
@inline
export function two(at: usize): i32 {
  const tens = <i32>load<u8>(at) - 0x30
  const ones = <i32>load<u8>(at, 1) - 0x30
  return <u32>tens > 9 || <u32>ones > 9 ? 1000 : tens * 10 + ones
}

function daysOf(month: i32, year: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
}

/**
 * Unix epoch in milliseconds of a date and time of day in UTC, `NaN` if there is no such day or time. A leap second is the
 * second after it.
 * Days by Howard Hinnant's algorithm: https://howardhinnant.github.io/date_algorithms.html#days_from_civil
 */
export function epochOf(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: i32): f64 {
  if (month < 1 || month > 12 || day < 1 || day > daysOf(month, year)) return NaN
  if (hour > 23 || minute > 59 || second > 60) return NaN
  const shifted = month <= 2 ? year - 1 : year
  const era = shifted / 400
  const yearOfEra = shifted - era * 400
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  const days = era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
  return ((<f64>days * 24 + <f64>hour) * 60 + <f64>minute) * 60000 + <f64>second * 1000
}
