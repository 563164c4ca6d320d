import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { messageOf, WeirError } from '@weir/sdk'

/**
 * Runs npm and answers what it printed.
 * @throws WeirError `WEIR_PLUGIN_NPM` with what npm said
 */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const child = spawn('npm', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  try {
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    if (child.exitCode === 0) return stdout
    throw new Error(reasonIn(stderr) || `it ended with ${child.exitCode}`)
  } catch (error) {
    throw new WeirError(`npm ${args[0]} failed: ${messageOf(error)}`, {
      code: 'WEIR_PLUGIN_NPM',
      hint: 'check the name and the network; npm config get registry shows where npm looks',
      cause: error,
    })
  }
}

/** What went wrong, out of the many lines that npm writes about it. */
const reasonIn = (stderr: string): string =>
  stderr
    .split('\n')
    .flatMap((line) => /^npm (?:error|ERR!) (.*)$/.exec(line)?.[1]?.trim() ?? [])
    .filter(
      (line) => line !== '' && !/^(code|errno|syscall|path|dest) |complete log of this run|^A complete/.test(line),
    )
    .slice(0, 3)
    .join('; ')
