/** The share of the lines that `isMine`, empty ones left out, times how much that says. */
export function certaintyOf(lines: readonly string[], weight: number, isMine: (line: string) => boolean): number {
  const full = lines.filter((line) => line !== '')
  return full.length === 0 ? 0 : (full.filter(isMine).length / full.length) * weight
}
