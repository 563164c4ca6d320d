/** Quantile of the normal distribution for 95 %. */
const z = 1.96

/**
 * Between which shares the true one is, with 95 % confidence, when so many of so many were seen. Of few records, or none of many,
 * it says as little as they do.
 * @see Wilson, "Probable inference, the law of succession, and statistical inference", 1927
 */
export function wilsonInterval(seen: number, all: number): { readonly low: number; readonly high: number } {
  if (all === 0) return { low: 0, high: 1 }
  const share = seen / all
  const whole = 1 + z ** 2 / all
  const middle = (share + z ** 2 / (2 * all)) / whole
  const half = (z * Math.sqrt((share * (1 - share)) / all + z ** 2 / (4 * all ** 2))) / whole
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}
