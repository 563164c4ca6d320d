import { fileURLToPath } from 'node:url'
import { formatDiagnostics } from '@weir/config'
import { type Prepared, prepare } from '@weir/core'
import { exitCode } from './exit-code.ts'
import { usesColor } from './paint.ts'

export interface ConfigOptions {
  profile?: string
  plugin?: string[]
  /** Loads every plugin, not only those that the config may mean. */
  everyType?: boolean
}

/** The command's own package, whose dependencies are the built-in plugins. */
export const host = fileURLToPath(new URL('..', import.meta.url))

/** Reads and checks the config that the command line names. */
export const prepareFrom = (
  files: readonly string[],
  { profile, plugin, everyType = false }: ConfigOptions = {},
): Promise<Prepared> =>
  prepare({ cwd: process.cwd(), files, profile, env: process.env, hosts: [host], plugins: plugin, everyType })

/** Says on stderr what is wrong with the config and the plugins; sets the exit status when it cannot run. */
export function report(prepared: Prepared): boolean {
  for (const { error } of prepared.pluginProblems) {
    process.stderr.write(`warning: ${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}\n`)
  }
  if (prepared.diagnostics.length > 0) {
    process.stderr.write(`${formatDiagnostics(prepared.diagnostics, { color: usesColor(process.stderr) })}\n`)
  }
  if (prepared.plan !== undefined) return true
  process.exitCode = exitCode.invalid
  return false
}
