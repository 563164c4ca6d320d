import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

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

describe('what weir run --once says at its end', () => {
  const pipeline = (format: string) => ({
    receivers: { file: { include: ['app.log'], parser: 'text' } },
    exporters: { console: { format } },
    service: { state_dir: 'memory', pipelines: { logs: { receivers: ['file'], exporters: ['console'] } } },
  })

  it('is no part of the JSON that the console exporter prints for another program', async () => {
    using folder = new Folder()
    folder.write('app.log', 'one\ntwo\n')
    folder.write('weir.json', pipeline('json'))
    const { code, stdout, stderr } = await folder.weir('run', '--once')
    const bodies = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).body]))
    expect({ code, bodies }).toEqual({ code: 0, bodies: ['one', 'two'] })
    expect(stderr).toMatch(/^Summary\n {2}records +2 /m)
  })

  it('follows records that are shown to people', async () => {
    using folder = new Folder()
    folder.write('app.log', 'one\ntwo\n')
    folder.write('weir.json', pipeline('pretty'))
    const { stdout, stderr } = await folder.weir('run', '--once')
    expect(stdout).toMatch(/two\n\nSummary\n {2}records +2 /)
    expect(stderr).toBe('')
  })
})
