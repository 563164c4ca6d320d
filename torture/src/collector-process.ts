import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const command = join(dirname(createRequire(import.meta.url).resolve('@weir/cli/package.json')), 'dist', 'main.js')

/** A collector in a process of its own, its log in a file. */
export class CollectorProcess {
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>

  constructor(folder: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const logPath = join(folder, 'collector.log')
    this.#child = spawn(process.execPath, [command, 'run', ...args], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child.stderr?.on('data', (data: Buffer) => appendFileSync(logPath, data))
    this.#exit = once(this.#child, 'exit').then(([code]) => code)
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Status with which it ended; `null` after a signal. */
  async exit(): Promise<number | null> {
    return this.#exit
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#exit
  }
}
