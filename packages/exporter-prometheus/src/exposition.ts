import type { Family } from './series-store.ts'

export interface ExpositionOptions {
  readonly isOpenMetrics: boolean
  /** Writes the event time of each series beside its value. */
  readonly timestamps: boolean
}

const number = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)

const escaped = (text: string) => text.replace(/[\\\n]/g, (found) => (found === '\n' ? '\\n' : '\\\\'))
const escapedForOpenMetrics = (text: string) => escaped(text).replaceAll('"', '\\"')

/**
 * Series as Prometheus reads them.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/ and https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function exposition(families: readonly Family[], { isOpenMetrics, timestamps }: ExpositionOptions): string {
  const lines: string[] = []
  for (const { name, kind, unit, help, series } of families) {
    // OpenMetrics names a counter without the ending that its series have, and a counter must have it there.
    const base = isOpenMetrics && kind === 'counter' ? name.replace(/_total$/, '') : name
    const sample = isOpenMetrics && kind === 'counter' ? `${base}_total` : name
    lines.push(`# TYPE ${base} ${kind}`)
    if (isOpenMetrics && unit !== '' && base.endsWith(`_${unit}`)) lines.push(`# UNIT ${base} ${unit}`)
    if (help !== '') lines.push(`# HELP ${base} ${isOpenMetrics ? escapedForOpenMetrics(help) : escaped(help)}`)
    for (const { labels, value, time } of series.values()) {
      const at = !timestamps ? '' : isOpenMetrics ? ` ${time / 1000}` : ` ${Math.round(time)}`
      lines.push(`${sample}${labels === '' ? '' : `{${labels}}`} ${number(value)}${at}`)
    }
  }
  if (isOpenMetrics) lines.push('# EOF')
  return `${lines.join('\n')}\n`
}
