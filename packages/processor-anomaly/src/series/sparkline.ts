const bars = '▁▂▃▄▅▆▇█'

/** Values as a row of bars, from the least to the greatest. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values)
  const width = Math.max(...values) - low
  const bar = (value: number) => bars[width > 0 ? Math.min(7, Math.floor(((value - low) / width) * 8)) : 0] ?? ''
  return values.map(bar).join('')
}
