import { Buffer } from 'node:buffer'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { type Clock, type Output, StreamLines, type Timer } from '@weir/sdk'

export interface CommandRunOptions {
  readonly command: readonly string[]
  readonly workingDir: string
  readonly env: { readonly [name: string]: string | undefined }
  readonly stderr: 'on_failure' | 'records' | 'ignore'
  /** Identity of the source of its lines. */
  readonly id: string
  readonly output: Output
  readonly clock: Clock
  readonly flushMs: number
  /** Longest time that it may take; 0 for ever. */
  readonly timeoutMs: number
  readonly stopMs: number
  onLost(bytes: number, error: unknown): void
}

/** How a run ended. */
export interface Outcome {
  readonly code: number | null
  readonly signal: string | null
  /** It could not be started. */
  readonly error?: Error
  readonly hasTimedOut: boolean
  /** The end of what it said on standard error. */
  readonly stderr: string
}

/** Bytes of standard error that are kept to be told. */
const maxStderrBytes = 2048

/**
 * One run of a command, in a process group of its own. It is over when the command has ended and its output has been
 * read to the end; what the command has left running then is ended, too.
 */
export class CommandRun {
  readonly #options: CommandRunOptions
  readonly #child: ChildProcess
  readonly #timers = new Set<Timer>()
  /** There may be processes in the group. */
  #hasGroup = true
  #hasTimedOut = false
  #stderr = Buffer.alloc(0)
  readonly ended: Promise<Outcome>

  constructor(options: CommandRunOptions) {
    const { command, workingDir, env, stderr } = options
    const [program = '', ...args] = command
    this.#options = options
    this.#child = spawn(program, args, {
      cwd: workingDir,
      env,
      // A session and a process group of its own: signals reach what it starts as well.
      detached: true,
      stdio: ['ignore', 'pipe', stderr === 'ignore' ? 'ignore' : 'pipe'],
    })
    this.ended = this.#run()
  }

  /** Ends the process group; resolves when the run is over. */
  async stop(): Promise<void> {
    this.#end()
    await this.ended
  }

  #end(): void {
    this.#signal('SIGTERM')
    this.#after(this.#options.stopMs, () => this.#kill())
  }

  #kill(): void {
    this.#signal('SIGKILL')
    // Whoever has left the group may still hold them open.
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
  }

  async #run(): Promise<Outcome> {
    const { timeoutMs, stopMs } = this.#options
    const { stdout, stderr } = this.#child
    const exit = this.#exit()
    if (timeoutMs > 0) {
      this.#after(timeoutMs, () => {
        this.#hasTimedOut = true
        this.#end()
      })
    }
    void exit.then(() => {
      this.#hasGroup = this.#signal(0)
      this.#after(stopMs, () => this.#kill())
    })
    const reading = [this.#read(stdout, 'stdout'), this.#read(stderr, 'stderr')]
    const [outcome] = await Promise.all([exit, ...reading])
    this.#signal('SIGKILL')
    for (const timer of this.#timers) timer.cancel()
    return { ...outcome, hasTimedOut: this.#hasTimedOut, stderr: this.#stderr.toString() }
  }

  async #exit(): Promise<Pick<Outcome, 'code' | 'signal' | 'error'>> {
    try {
      await once(this.#child, 'spawn')
      const { exitCode, signalCode } = this.#child
      if (exitCode !== null || signalCode !== null) return { code: exitCode, signal: signalCode }
      const [code, signal] = await once(this.#child, 'exit')
      return { code, signal }
    } catch (error) {
      this.#hasGroup = false
      return { code: null, signal: null, error: startError(error, this.#options) }
    }
  }

  async #read(stream: Readable | null, name: 'stdout' | 'stderr'): Promise<void> {
    if (stream === null) return
    const { id, output, clock, flushMs, stderr, onLost } = this.#options
    try {
      if (name === 'stderr' && stderr !== 'records') return await this.#keepEnd(stream)
      const attributes = stderr === 'records' ? { 'log.iostream': name } : {}
      const source = { id: name === 'stdout' ? id : `${id}/stderr`, attributes }
      await new StreamLines({ stream, source, output, clock, flushMs, onLost }).read()
    } catch {
      // It was destroyed, or never opened since the command could not be started.
    }
  }

  async #keepEnd(stream: Readable): Promise<void> {
    for await (const chunk of stream) {
      const all = Buffer.concat([this.#stderr, Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)])
      this.#stderr = Buffer.from(all.subarray(-maxStderrBytes))
    }
  }

  #after(ms: number, callback: () => void): void {
    this.#timers.add(this.#options.clock.after(ms, callback))
  }

  /** Sends a signal to the group; tells whether there is one. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    const { pid } = this.#child
    if (pid === undefined || !this.#hasGroup) return false
    try {
      return process.kill(-pid, signal)
    } catch {
      return false
    }
  }
}

/** `spawn` says "ENOENT" of the program when it is the folder that is missing. */
function startError(error: unknown, { command, workingDir }: CommandRunOptions): Error {
  if (!existsSync(workingDir)) return new Error(`working_dir ${workingDir} does not exist`)
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  if (code === 'ENOENT') return new Error(`there is no program ${command[0]}`)
  if (code === 'EACCES') return new Error(`${command[0]} may not be executed`)
  return error instanceof Error ? error : new Error(String(error))
}
