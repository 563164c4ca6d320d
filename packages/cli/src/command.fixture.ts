import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

const main = join(import.meta.dirname, 'main.ts')

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A `weir` command under way. */
export class Command {
  readonly finished: Promise<Finished>
  /** What it has written so far. */
  stdout = ''
  stderr = ''
  readonly #child: ChildProcessByStdio<null, Readable, Readable>

  constructor(folder: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [main, ...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.finished = this.#finish()
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async #finish(): Promise<Finished> {
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      this.stdout += text
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text
    })
    await once(this.#child, 'close')
    return { code: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr }
  }
}

/** A temporary folder in which commands run, gone when the test is over. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'weir-cli-'))
  readonly #commands: Command[] = []

  file(name: string): string {
    return join(this.path, name)
  }

  write(name: string, content: string | object): void {
    writeFileSync(this.file(name), typeof content === 'string' ? content : JSON.stringify(content))
  }

  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Command {
    const command = new Command(this.path, args, env)
    this.#commands.push(command)
    return command
  }

  weir(...args: string[]): Promise<Finished> {
    return this.start(args).finished
  }

  [Symbol.dispose](): void {
    for (const command of this.#commands) command.kill('SIGKILL')
    rmSync(this.path, { recursive: true, force: true })
  }
}
