/**
 * Severity numbers of the OpenTelemetry log data model, and the words that logs use for them.
 * @see https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
 */
export const Severity = {
  UNSPECIFIED: 0,
  TRACE: 1,
  DEBUG: 5,
  INFO: 9,
  INFO2: 10,
  INFO3: 11,
  INFO4: 12,
  WARN: 13,
  ERROR: 17,
  ERROR2: 18,
  ERROR3: 19,
  ERROR4: 20,
  FATAL: 21,
} as const

const shortNames = [
  '',
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]),
]

/** The short name of a severity number: 17 is `ERROR`, 18 is `ERROR2`; `''` for 0 and for numbers out of range. */
export const severityName = (severityNumber: number): string => shortNames[severityNumber] ?? ''

const words = new Map<string, number>()
const say = (severityNumber: number, ...names: string[]) => {
  for (const name of names) words.set(name, severityNumber)
}
say(Severity.TRACE, 'trace', 'trc', 'finest', 'verbose', 'all', 'silly', 'v')
say(Severity.DEBUG, 'debug', 'dbg', 'debg', 'finer', 'fine', 'd', 'config')
say(Severity.INFO, 'info', 'inf', 'information', 'informational', 'i', 'log', 'default', 'ok', 'success')
say(Severity.INFO2, 'notice', 'note', 'n')
say(Severity.WARN, 'warn', 'warning', 'wrn', 'w')
say(Severity.ERROR, 'error', 'err', 'e', 'severe', 'failure', 'failed')
say(Severity.ERROR2, 'critical', 'crit', 'c')
say(Severity.ERROR3, 'alert')
say(Severity.FATAL, 'fatal', 'emerg', 'emergency', 'panic', 'f', 'dpanic')
for (const [index, name] of shortNames.entries()) if (name) words.set(name.toLowerCase(), index)

/**
 * The severity number of a level word in any case (`warning`, `ERR`, `Information`), 0 if it is none that we know.
 * syslog's words are mapped as the Collector maps them: crit is ERROR2, alert ERROR3, emerg FATAL, notice INFO2.
 */
export function severityOf(word: string): number {
  return words.get(word) ?? words.get(word.toLowerCase()) ?? 0
}

/** Severity of an HTTP response by its status code: 5xx ERROR, 4xx WARN, else INFO. */
export const severityOfStatus = (status: number): number =>
  status >= 500 ? Severity.ERROR : status >= 400 ? Severity.WARN : Severity.INFO

/** Levels of bunyan and pino: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal; 0 for any other number. */
export function severityOfLevelNumber(level: number): number {
  if (level < 10 || level > 69) return 0
  return (
    [0, Severity.TRACE, Severity.DEBUG, Severity.INFO, Severity.WARN, Severity.ERROR, Severity.FATAL][
      Math.floor(level / 10)
    ] ?? 0
  )
}
