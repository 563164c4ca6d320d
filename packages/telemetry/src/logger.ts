import { createRequire } from 'node:module'
import { Writable } from 'node:stream'
import type { Logger } from '@weir/sdk'
import { type Logger as PinoLogger, pino } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LoggerOptions {
  level: LogLevel
  /** Lines for people; JSON otherwise. */
  isPretty: boolean
}

const plain = (text: string) => text

/** Loaded for terminals only: it is as large as the logger itself. */
const loadPretty = (): typeof import('pino-pretty') => createRequire(import.meta.url)('pino-pretty')

/** Not the descriptor, but the stream of the process: whoever shares the terminal can keep its own lines clear of the log's. */
const standardError = (): Writable =>
  new Writable({
    decodeStrings: false,
    write(text, _, done) {
      process.stderr.write(text, done)
    },
  })

/** The process's logger, on stderr: JSON when piped, for people on a terminal. */
export function createLogger({ level, isPretty }: LoggerOptions): PinoLogger {
  const destination = isPretty
    ? loadPretty()({
        destination: standardError(),
        colorize: !process.env.NO_COLOR,
        ignore: 'pid,hostname,component',
        translateTime: 'SYS:HH:MM:ss.l',
        messageFormat: (log, messageKey) =>
          `${log.component === undefined ? '' : `${String(log.component)}: `}${String(log[messageKey])}`,
        customPrettifiers: { error: (value) => plain(String(value)) },
      })
    : pino.destination({ dest: 2, sync: true })
  return pino({ level, base: null }, destination)
}

/** The logger of one component: each line carries its id. Its level is that of the process's, as it is at the time. */
export function componentLogger(logger: PinoLogger, component: string): Logger {
  const own = logger.child({ component })
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error'): Logger[typeof level] =>
    (first: object | string, second?: string) => {
      if (own.level !== logger.level) own.level = logger.level
      if (typeof first === 'string') own[level](first)
      else own[level](first, second)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
