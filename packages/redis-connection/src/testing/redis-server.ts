import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const command = ['redis-server', '/usr/bin/redis-server', '/usr/local/bin/redis-server'].find(
  (path) => spawnSync(path, ['--version']).status === 0,
)

/**
 * Whether tests against a real server run: where it is not installed they are skipped, but not in continuous integration.
 * @example describe.skipIf(!hasRedisServer)('… (needs: apt-get install redis-server)', …)
 */
export const hasRedisServer: boolean = command !== undefined || process.env.CI !== undefined

/**
 * A real redis-server on a port of its own, with a temporary folder, which has on disk what it has acknowledged; it can be
 * killed and started again.
 */
export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  #isSecure = false
  #process: ChildProcess | undefined

  private constructor(port: number, folder: string) {
    this.port = port
    this.#folder = folder
  }

  /** @param config lines of its configuration besides port and storage; with `tls-…` in it, it speaks TLS alone */
  static async start(config = ''): Promise<RedisServer> {
    const server = await RedisServer.reserve(config)
    await server.start()
    return server
  }

  /** A server that does not run yet. */
  static async reserve(config = ''): Promise<RedisServer> {
    if (command === undefined) throw new Error('there is no redis-server: apt-get install redis-server')
    const folder = mkdtempSync(join(tmpdir(), 'weir-redis-'))
    const server = new RedisServer(await freePort(), folder)
    server.configure(config)
    return server
  }

  /** Writes its configuration anew, for the next start. */
  configure(config: string): void {
    this.#isSecure = config.includes('tls-')
    const port = this.#isSecure ? `port 0\ntls-port ${this.port}\ntls-auth-clients no` : `port ${this.port}`
    const durable = 'appendonly yes\nappendfsync always\nsave ""'
    writeFileSync(this.#configFile, `bind 127.0.0.1\n${port}\ndir ${this.#folder}\n${durable}\n${config}\n`)
  }

  get endpoint(): string {
    return `127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const child = spawn(command ?? '', [this.#configFile], { stdio: 'ignore' })
    this.#process = child
    const deadline = Date.now() + 10_000
    while (!(await this.#isReady())) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`redis-server does not start: ${child.exitCode}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Ends it, at once by `SIGKILL` or in order by `SIGTERM`; what it has stored stays. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null) return
    this.#process = undefined
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  /** Stops it in the middle of what it does, as when its machine hangs, until `resume`. */
  async pause(): Promise<void> {
    const pid = this.#process?.pid
    if (pid === undefined) return
    process.kill(pid, 'SIGSTOP')
    // The signal takes a moment, in which it would still answer.
    const isStopped = () => /\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    while (process.platform === 'linux' && !isStopped()) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #configFile(): string {
    return join(this.#folder, 'redis.conf')
  }

  /** Whether it answers; of one that speaks TLS, whether it listens. */
  #isReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => {
        if (this.#isSecure) socket.destroy()
        else socket.write('PING\r\n')
        if (this.#isSecure) resolve(true)
      })
      socket.once('data', (data) => resolve(!data.toString().startsWith('-LOADING')))
      socket.once('data', () => socket.destroy())
      socket.once('error', () => resolve(false))
    })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
