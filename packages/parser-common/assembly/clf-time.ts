import { epochOf, two } from './calendar'

/** Month by its three letters; 0 if they are none. */
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

/** Unix epoch in milliseconds of `24/Nov/2026:13:55:36 +0000`, `NaN` for what is not exactly of that form. */
export function clfTime(at: usize): f64 {
  const century = two(at + 7)
  const ofCentury = two(at + 9)
  const zoneHour = two(at + 22)
  const zoneMinute = two(at + 24)
  const sign = load<u8>(at, 21)
  const isShaped =
    load<u8>(at, 2) == 0x2f && load<u8>(at, 6) == 0x2f && load<u8>(at, 11) == 0x3a && load<u8>(at, 14) == 0x3a &&
    load<u8>(at, 17) == 0x3a && load<u8>(at, 20) == 0x20 && (sign == 0x2b || sign == 0x2d)
  if (!isShaped || century > 99 || ofCentury > 99 || zoneHour > 23 || zoneMinute > 59) return NaN
  const local = epochOf(century * 100 + ofCentury, monthOf(at + 3), two(at), two(at + 12), two(at + 15), two(at + 18))
  return local - <f64>((zoneHour * 60 + zoneMinute) * (sign == 0x2d ? -1 : 1)) * 60000
}
