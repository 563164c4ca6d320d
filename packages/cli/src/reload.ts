import { formatDiagnostics } from '@weir/config'
import { printable } from '@weir/sdk'
import { exitCode } from './exit-code.ts'
import { usesColor } from './paint.ts'
import { type ControlOptions, controlOf } from './running-collector.ts'

/** Tells a running collector to go over to its config as it is now. */
export async function reload(files: string[], options: ControlOptions): Promise<void> {
  const control = await controlOf(files, options)
  const result = await control.reload()
  if (result.outcome === 'failed') {
    process.stderr.write(`weir: it could not be reloaded, and what ran before runs: ${printable(result.message)}\n`)
    process.exitCode = exitCode.failed
    return
  }
  for (const message of result.plugins) process.stderr.write(`warning: ${printable(message)}\n`)
  if (result.diagnostics.length > 0) {
    process.stderr.write(`${formatDiagnostics(result.diagnostics, { color: usesColor(process.stderr) })}\n`)
  }
  if (result.outcome === 'reloaded') {
    process.stdout.write('reloaded\n')
  } else {
    process.stderr.write('weir: not reloaded: the config is wrong, and what runs goes on\n')
    process.exitCode = exitCode.invalid
  }
}
