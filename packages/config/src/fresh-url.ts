import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Asked {
  readonly generation: number
  readonly stamp: string
}

const asked = new Map<string, Asked>()

/**
 * The URL by which a module is imported that may have changed since the last time: as it is at first, then, whenever a
 * file of its folder has changed, with a number behind it, so that it comes from its files again and not from the module
 * cache.
 * @param folder what belongs to it; the folder of the module if left out
 */
export function freshUrl(url: string, folder = dirname(fileURLToPath(url))): string {
  const stamp = stampOf(folder)
  const known = asked.get(url)
  const generation = known === undefined ? 1 : known.stamp === stamp ? known.generation : known.generation + 1
  asked.set(url, { generation, stamp })
  return generation === 1 ? url : `${url}?generation=${generation}`
}

/** Names, sizes and times of the files below a folder, without what is installed there. */
function stampOf(folder: string): string {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => name !== 'node_modules' && !name.startsWith('.'))
      .map((entry) => {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) return `${entry.name}/(${stampOf(path)})`
        const { mtimeNs, size } = statSync(path, { bigint: true })
        return `${entry.name} ${mtimeNs} ${size}`
      })
      .join('\n')
  } catch (error) {
    return String(error)
  }
}
