import { type AttributeMap, type Notice, textOf } from '@weir/sdk'

/** By name. */
export interface Labels {
  readonly [name: string]: string
}

/** An alert as the Alertmanager's API v2 takes it. */
export interface PostedAlert {
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAt: string
  readonly endsAt: string
  readonly generatorURL?: string
}

/** Characters of an annotation. */
const maxAnnotation = 10_000

/** The name as Prometheus has it: letters, digits and `_`. */
const labelName = (path: string): string => {
  const name = path.replace(/^attributes\./, '').replace(/[^a-zA-Z0-9_]/g, '_')
  return /^[a-zA-Z_]/.test(name) ? name : `_${name}`
}

/** `group_by` as labels; a name that is taken already gets a number. */
function* groupLabels(group: AttributeMap, taken: ReadonlySet<string>): Generator<[string, string]> {
  const names = new Set(taken)
  for (const [path, value] of Object.entries(group)) {
    const wanted = labelName(path)
    let name = wanted
    for (let count = 2; names.has(name); count++) name = `${wanted}_${count}`
    names.add(name)
    yield [name, textOf(value)]
  }
}

/** What sets the alert apart from others there. A label without a value is none. */
export function labelsOf({ alert, origin, severity }: Notice, given: Labels): Labels {
  const own = {
    alertname: origin || 'log',
    severity,
    ...(alert?.key === undefined ? {} : { key: alert.key }),
  }
  const group = groupLabels(alert?.group ?? {}, new Set([...Object.keys(given), ...Object.keys(own), 'key']))
  return Object.fromEntries(Object.entries({ ...given, ...own, ...Object.fromEntries(group) }).map(wellFormed))
}

/** What people read there. */
export function annotationsOf({ title, facts, samples }: Notice): Labels {
  const entries = [
    ['title', title],
    ['evidence', facts.map(([name, value]) => `${name}: ${value}`).join('\n')],
    ['samples', samples.join('\n')],
  ] as const
  return Object.fromEntries(
    entries.filter(([, text]) => text !== '').map(([name, text]) => wellFormed([name, text.slice(0, maxAnnotation)])),
  )
}

/** Halves of surrogate pairs are no UTF-8. */
const wellFormed = ([name, text]: readonly [string, string]): [string, string] => [name, text.toWellFormed()]
