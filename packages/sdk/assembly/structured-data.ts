import { copy, escape } from './json-text'

/** Names of one element, and ids of elements, that are compared for repetition; more are left to JavaScript. */
const MAX_NAMES: i32 = 24
const names: usize = memory.data(192, 8)
const ids: usize = memory.data(192, 8)

/** Whether a byte may stand in a name that needs no look at: no space, control character, `"`, `=`, `]` or `\`. */
// @ts-ignore: decorator
@inline
function isNameByte(byte: u32): bool {
  return byte > 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x3d && byte != 0x5d && byte != 0x5c
}

function endOfName(from: usize, end: usize): usize {
  let at = from
  while (at < end && isNameByte(load<u8>(at))) at++
  return at
}

/** Adds a name to a list; whether it is one that JSON may have, and not in the list yet. */
function isNew(list: usize, count: i32, from: usize, end: usize): bool {
  // A name that begins with a digit could be an index, and those stand first in JavaScript's objects.
  if (end == from || count == MAX_NAMES || <u32>load<u8>(from) - 0x30 <= 9) return false
  const length = <u32>(end - from)
  for (let index: i32 = 0; index < count; index++) {
    const entry = list + (<usize>index << 3)
    if (load<u32>(entry, 4) == length && memory.compare(load<u32>(entry), from, length) == 0) return false
  }
  store<u32>(list + (<usize>count << 3), <u32>from)
  store<u32>(list + (<usize>count << 3), length, 4)
  return true
}

/**
 * Writes structured data of RFC 5424 as JSON: `[a b="c"]` is `{"a":{"b":"c"}}`, as `parseStructuredData` has it. Returns the
 * end of what it wrote, or 0 for what is not of the plain form: with escapes, with names that come again.
 */
export function structuredData(to: usize, from: usize, end: usize): usize {
  let out = to
  let at = from
  let idCount: i32 = 0
  store<u8>(out++, 0x7b)
  while (at < end) {
    if (load<u8>(at) != 0x5b) return 0
    const id = at + 1
    at = endOfName(id, end)
    if (!isNew(ids, idCount, id, at)) return 0
    if (idCount++ > 0) store<u8>(out++, 0x2c)
    store<u8>(out++, 0x22)
    out = copy(out, id, at)
    store<u32>(out, 0x7b3a22) // ":{
    out += 3
    let nameCount: i32 = 0
    while (load<u8>(at) == 0x20 && at < end) {
      const name = at + 1
      at = endOfName(name, end)
      if (!isNew(names, nameCount, name, at) || at + 2 > end || load<u16>(at) != 0x223d) return 0
      if (nameCount++ > 0) store<u8>(out++, 0x2c)
      store<u8>(out++, 0x22)
      out = copy(out, name, at)
      store<u32>(out, 0x223a22) // ":"
      out += 3
      const value = at + 2
      at = value
      while (at < end && load<u8>(at) != 0x22 && load<u8>(at) != 0x5c) at++
      if (at >= end || load<u8>(at) != 0x22) return 0
      out = escape(out, value, at)
      store<u8>(out++, 0x22)
      at++
    }
    if (at >= end || load<u8>(at) != 0x5d) return 0
    at++
    store<u8>(out++, 0x7d)
  }
  store<u8>(out++, 0x7d)
  return out
}
