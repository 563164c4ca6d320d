import type { Collector } from '@weir/core'
import { formatDuration } from '@weir/sdk'

const number = new Intl.NumberFormat('en')
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

/** What `weir run` shows while it works. */
export function progressLine({ telemetry, exporters }: Collector, elapsedMs: number): string {
  const records = telemetry.total('weir_receiver_accepted_log_records')
  const bytes = telemetry.total('weir_receiver_accepted_bytes')
  const alerts = telemetry.total('weir_detector_alerts')
  const seconds = elapsedMs / 1000
  const paused = exporters.filter(({ circuit }) => circuit !== 'closed').map(({ id }) => ` · ${id} paused`)
  return `${number.format(records)} records · ${megabytes(bytes)} · ${(bytes / 1e6 / seconds).toFixed(0)} MB/s · ${number.format(alerts)} alerts${paused.join('')}`
}

/** Records that exporters have given up and that no dead letters hold. */
export const givenUp = ({ telemetry }: Collector): number =>
  telemetry.total('weir_exporter_send_failed_log_records') - keptDeadLetters(telemetry)

const keptDeadLetters = (telemetry: Collector['telemetry']): number =>
  telemetry
    .readings()
    .filter(({ name, attributes }) => name === 'weir_exporter_dead_letters' && attributes.outcome === 'kept')
    .reduce((sum, { value }) => sum + value, 0)

/** What `weir run` shows at its end. */
export function summary(collector: Collector, elapsedMs: number, once: boolean): string {
  const { telemetry } = collector
  const records = telemetry.total('weir_receiver_accepted_log_records')
  const bytes = telemetry.total('weir_receiver_accepted_bytes')
  const seconds = elapsedMs / 1000
  const lines = [
    '',
    once ? 'Summary' : 'Summary of the run',
    `  records         ${number.format(records)} (${megabytes(bytes)}) in ${formatDuration(elapsedMs)}${once ? `, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s` : ''}`,
  ]
  const count = (label: string, total: number) => lines.push(`  ${label.padEnd(15)} ${number.format(total)}`)
  const counted = (label: string, metric: string, always = false) => {
    const total = telemetry.total(metric)
    if (total > 0 || always) count(label, total)
  }
  counted('parse failures', 'weir_receiver_parse_failures', true)
  counted('invalid UTF-8', 'weir_receiver_invalid_utf8')
  counted('too long', 'weir_receiver_overlong_log_records')
  counted('dropped', 'weir_pipeline_dropped_records')
  const [lost, kept] = [givenUp(collector), keptDeadLetters(telemetry)]
  if (lost > 0) count('given up', lost)
  if (kept > 0) count('dead letters', kept)
  lines.push(`  alerts          ${alerts(telemetry)}`)
  const templates = telemetry
    .readings()
    .filter(({ name }) => name === 'weir_detector_template_records')
    .sort((one, other) => other.value - one.value)
    .slice(0, 10)
  if (templates.length > 0) {
    lines.push('  top templates')
    const width = Math.max(...templates.map(({ value }) => number.format(value).length))
    for (const { value, attributes } of templates)
      lines.push(`    ${number.format(value).padStart(width)}  ${String(attributes.template)}`)
  }
  return `${lines.join('\n')}\n`
}

function alerts(telemetry: Collector['telemetry']): string {
  const bySeverity = telemetry.readings().filter(({ name }) => name === 'weir_detector_alerts')
  const total = bySeverity.reduce((sum, { value }) => sum + value, 0)
  const parts = ['critical', 'warning', 'info'].flatMap((severity) => {
    const count = bySeverity
      .filter(({ attributes }) => attributes.severity === severity)
      .reduce((sum, { value }) => sum + value, 0)
    return count > 0 ? [`${number.format(count)} ${severity}`] : []
  })
  return parts.length === 0 ? number.format(total) : `${number.format(total)} (${parts.join(', ')})`
}
