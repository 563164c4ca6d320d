const asked = new Map<string, number>()

/**
 * The URL by which a module is imported that may have changed since the last time: as it is at first, then with a number
 * behind it, so that it comes from its file again and not from the module cache.
 */
export function freshUrl(url: string): string {
  const generation = (asked.get(url) ?? 0) + 1
  asked.set(url, generation)
  return generation === 1 ? url : `${url}?generation=${generation}`
}
