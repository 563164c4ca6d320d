import type { Place } from './place.ts'
import { type ConfigMap, isConfigMap, type Parsed } from './read.ts'

/** Lays one config over another: maps are joined key by key, lists and scalars replaced. Every value keeps its own place. */
export function mergeConfigs(base: Parsed, over: Parsed): Parsed {
  const value = new Map(Object.entries(base.value))
  const children = new Map(base.place.children)
  for (const [key, theirs] of Object.entries(over.value)) {
    const ours = value.get(key)
    const place = over.place.children.get(key)
    if (isConfigMap(ours) && isConfigMap(theirs)) {
      const inner = mergeConfigs(part(ours, children.get(key)), part(theirs, place))
      value.set(key, inner.value)
      children.set(key, { ...(place ?? children.get(key)), children: inner.place.children })
    } else {
      value.set(key, theirs)
      if (place === undefined) children.delete(key)
      else children.set(key, place)
    }
  }
  return {
    value: Object.fromEntries(value),
    place: { ...base.place, children },
    diagnostics: [...base.diagnostics, ...over.diagnostics],
  }
}

const part = (value: ConfigMap, place: Place = { children: new Map() }): Parsed => ({ value, place, diagnostics: [] })
