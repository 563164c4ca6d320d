import { isWeirError, WeirError } from '@weir/sdk'

/** What the command's exit status says. */
export const exitCode = {
  /** Done; with `run`, everything was delivered. */
  ok: 0,
  /** Something failed while running, or not everything could be delivered. */
  failed: 1,
  /** The command line or the config is wrong; nothing was started. */
  invalid: 2,
  /** `run --once`: all that could be read was delivered, and something could not be read. */
  unread: 3,
} as const

const usage = 'WEIR_USAGE'

/** The command line makes no sense: ends the command with `invalid`. */
export const wrongCommandLine = (message: string, hint?: string): WeirError =>
  new WeirError(message, { code: usage, ...(hint === undefined ? {} : { hint }) })

/** What the exit status says of an error that ended the command. */
export const exitCodeOf = (error: unknown): number =>
  isWeirError(error) && error.code === usage ? exitCode.invalid : exitCode.failed
