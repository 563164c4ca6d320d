import type { MetricPoint } from '@weir/sdk'

/** Units of UCUM as Prometheus spells them. What stands in braces is an annotation and no unit. */
const units: { readonly [ucum: string]: string } = {
  ...{ d: 'days', h: 'hours', min: 'minutes', s: 'seconds', ms: 'milliseconds', us: 'microseconds', ns: 'nanoseconds' },
  ...{ By: 'bytes', KiBy: 'kibibytes', MiBy: 'mebibytes', GiBy: 'gibibytes', TiBy: 'tebibytes' },
  ...{ kBy: 'kilobytes', MBy: 'megabytes', GBy: 'gigabytes', TBy: 'terabytes' },
  ...{
    m: 'meters',
    V: 'volts',
    A: 'amperes',
    J: 'joules',
    W: 'watts',
    g: 'grams',
    Cel: 'celsius',
    Hz: 'hertz',
    '%': 'percent',
  },
}
const perUnits: { readonly [ucum: string]: string } = {
  ...{ s: 'second', m: 'minute', min: 'minute', h: 'hour', d: 'day', w: 'week', mo: 'month', y: 'year' },
}

export interface NameOptions {
  readonly namespace: string | undefined
  /** Whether unit and type are added to names. */
  readonly suffixes: boolean
}

/** Letters, digits and underscores, not beginning with a digit; everything else becomes one underscore. */
function sanitized(text: string, allowed: RegExp): string {
  const clean = text.replace(allowed, '_').replace(/__+/g, '_')
  return /^[0-9]/.test(clean) ? `_${clean}` : clean
}

/** How Prometheus spells a unit; `''` for none. */
export function unitName(unit: string | undefined): string {
  const plain = (unit ?? '').replace(/\{[^}]*\}/g, '').trim()
  const [above = '', below] = plain.split('/')
  const known = (table: typeof units, word: string) =>
    Object.hasOwn(table, word) ? table[word] : sanitized(word, /[^a-zA-Z0-9]/g)
  const parts = [
    above === '' || above === '1' ? '' : known(units, above),
    below === undefined || below === '' ? '' : `per_${known(perUnits, below)}`,
  ]
  return parts.filter((part) => part !== '').join('_')
}

/**
 * The name of a metric as Prometheus takes it: `http.server.request.duration` in `ms` is
 * `http_server_request_duration_milliseconds`, a counter ends in `_total`.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function metricName(
  { name, unit, kind }: Pick<MetricPoint, 'name' | 'unit' | 'kind'>,
  options: NameOptions,
): string {
  const prefix = options.namespace === undefined ? '' : `${options.namespace}_`
  let full = sanitized(prefix + name, /[^a-zA-Z0-9_:]/g)
  if (!options.suffixes) return full
  const isCounter = kind === 'counter'
  if (isCounter) full = full.replace(/_total$/, '')
  const suffix = unitName(unit) || (unit === '1' && !isCounter ? 'ratio' : '')
  if (suffix !== '' && !full.endsWith(`_${suffix}`)) full += `_${suffix}`
  return isCounter ? `${full}_total` : full
}

/** The name of a label. Names that begin with two underscores are Prometheus's own. */
export const labelName = (name: string): string => sanitized(name, /[^a-zA-Z0-9_]/g)
