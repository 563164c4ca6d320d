import { type AttributeMap, type AttributeValue, attributeMap } from '@weir/sdk'
import type { Repeats } from './repeats.ts'
import type { Group, Window, Windows } from './windows.ts'

/**
 * What windows know, to be stored.
 * @param isWhole also those in which nothing was held back: without them, a record comes once more
 */
export function saveWindows(groups: Iterable<Group>, isWhole: boolean): AttributeValue {
  return Array.from(groups, ({ source, resource, watermark, isTimed, windows }) => {
    const kept = [...windows].filter(([, { repeats }]) => isWhole || repeats !== undefined)
    const saved = kept.map(([key, { start, repeats }]): AttributeValue => [key, start, saveRepeats(repeats)])
    return attributeMap([
      ['source', source],
      ['resource', resource],
      ['watermark', watermark],
      ['isTimed', isTimed],
      ['windows', saved],
    ])
  }).filter((group) => Array.isArray(group.windows) && group.windows.length > 0)
}

/** Takes what was stored; what cannot be understood is left out. */
export function restoreWindows(saved: AttributeValue | undefined, windows: Windows): void {
  for (const stored of listOf(saved)) {
    const { source, resource, watermark, isTimed, windows: entries } = mapOf(stored)
    if (typeof source !== 'string' || typeof watermark !== 'number') continue
    const group = windows.group(source, mapOf(resource))
    group.watermark = watermark
    group.isTimed = isTimed !== false
    for (const entry of listOf(entries)) {
      const [key, start, repeats] = listOf(entry)
      if (typeof key === 'string' && typeof start === 'number')
        windows.restore(group, key, { start, repeats: restoreRepeats(repeats) })
    }
  }
}

const saveRepeats = (repeats: Window['repeats']): AttributeValue =>
  repeats === undefined ? null : attributeMap(Object.entries({ ...repeats, body: repeats.body ?? null }))

function restoreRepeats(saved: AttributeValue | undefined): Repeats | undefined {
  const { count, firstTime, lastTime, body, severityNumber, severityText, attributes } = mapOf(saved)
  if (typeof count !== 'number' || typeof firstTime !== 'number' || typeof lastTime !== 'number') return undefined
  return {
    ...{ count, firstTime, lastTime, body, attributes: mapOf(attributes) },
    severityNumber: typeof severityNumber === 'number' ? severityNumber : 0,
    severityText: typeof severityText === 'string' ? severityText : '',
  }
}

const listOf = (value: AttributeValue | undefined): AttributeValue[] => (Array.isArray(value) ? value : [])
const mapOf = (value: AttributeValue | undefined): Partial<AttributeMap> & AttributeMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : attributeMap()
