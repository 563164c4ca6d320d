const twoTo32 = 0x1_0000_0000
const nanosecondsInMs = 1_000_000
/** Milliseconds whose nanoseconds are beyond 64 bits: in the year 2554. */
const maxMs = Math.floor(2 ** 64 / nanosecondsInMs)

const unknown: readonly [number, number] = [0, 0]

/**
 * A time as the upper and lower 32 bits of its nanoseconds; zeros if it is unknown or not to be written so. In two halves,
 * since a double has 53 bits.
 * @param ms Unix epoch in milliseconds
 * @param remainder nanoseconds to add
 */
export function nanoseconds(ms: number, remainder: number): readonly [high: number, low: number] {
  if (!(ms > 0 && ms < maxMs)) return unknown
  const whole = Math.floor(ms)
  const above = Math.floor(whole / twoTo32)
  const below = (whole - above * twoTo32) * nanosecondsInMs + Math.round((ms - whole) * nanosecondsInMs) + remainder
  const carry = Math.floor(below / twoTo32)
  return [above * nanosecondsInMs + carry, below - carry * twoTo32]
}

/** The same in decimal, as JSON has 64-bit numbers. */
export function nanosecondDigits(ms: number, remainder: number): string {
  const [high, low] = nanoseconds(ms, remainder)
  return (BigInt(high) * BigInt(twoTo32) + BigInt(low)).toString()
}
