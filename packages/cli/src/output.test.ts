import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const main = join(import.meta.dirname, 'main.ts')

/** Runs a command whose reader goes after the first piece, as `head` does. */
async function untilRead(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  child.stdout.once('data', () => child.stdout.destroy())
  await once(child, 'close')
  return { code: child.exitCode, stderr }
}

describe('the output of a command', () => {
  it.each(['schema', 'components --json', 'components --markdown'])('may be read in part: weir %s', async (command) => {
    expect(await untilRead(...command.split(' '))).toEqual({ code: 0, stderr: '' })
  })

  it.runIf(existsSync('/dev/full'))('that cannot be written is told, without a stack', async () => {
    const child = spawn(process.execPath, [main, 'schema'], { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] })
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    await once(child, 'close')
    expect(child.exitCode).toBe(1)
    expect(stderr).toBe('weir: the output cannot be written: ENOSPC: no space left on device, write\n')
  })
})
