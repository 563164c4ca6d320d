/** What the command's exit status says. */
export const exitCode = {
  /** Done; with `run`, everything was delivered. */
  ok: 0,
  /** Something failed while running, or not everything could be delivered. */
  failed: 1,
  /** The command line or the config is wrong; nothing was started. */
  invalid: 2,
} as const
