import { type Alert, type AttributeMap, textOf } from '@weir/sdk'

/** The value of a label of an alert: its rule, its severity, or a field that its detector is grouped by; `''` if it has none. */
export function labelOf({ rule, severity, group }: Pick<Alert, 'rule' | 'severity' | 'group'>, name: string): string {
  if (name === 'rule') return rule
  if (name === 'severity') return severity
  for (const key of [name, `attributes.${name}`, `resource.${name}`])
    if (Object.hasOwn(group, key)) return textOf(group[key])
  return ''
}

/** The labels that several alerts share, as a map. */
export const sharedLabels = (alert: Alert, names: readonly string[]): AttributeMap =>
  Object.fromEntries(names.map((name) => [name, labelOf(alert, name)]).filter(([, value]) => value !== ''))
