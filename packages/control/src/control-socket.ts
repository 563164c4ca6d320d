import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { WeirError } from '@weir/sdk'

/** Bytes that the path of a Unix socket may have: `sun_path` less its end. */
const maxPathBytes = process.platform === 'linux' ? 107 : 103

/** Where the socket of a collector is that has this state directory. */
export function controlSocketPath(stateDir: string): string {
  if (process.platform !== 'win32') return join(stateDir, 'control.sock')
  return `\\\\.\\pipe\\weir-${createHash('sha256').update(stateDir).digest('hex').slice(0, 32)}`
}

/**
 * The name by which a socket can be reached from here: relative to the current folder where that is shorter.
 * @throws WeirError `WEIR_CONTROL_PATH`
 */
export function reachableSocketPath(path: string): string {
  if (process.platform === 'win32') return path
  const near = relative(process.cwd(), path)
  const shortest = Buffer.byteLength(near) < Buffer.byteLength(path) ? near : path
  const bytes = Buffer.byteLength(shortest)
  if (bytes <= maxPathBytes) return shortest
  throw new WeirError(`the path of the control socket is too long: ${path} (${bytes} bytes, ${maxPathBytes} go)`, {
    code: 'WEIR_CONTROL_PATH',
    hint: 'choose a shorter service.state_dir, start Weir from a folder nearer to it, or set service.control.enabled: false',
  })
}

/**
 * Lets a server listen on the socket of a state directory; `memory` gets a private folder among the temporary ones. Only
 * the owner may connect, from the first moment on: the socket is made in a private folder and then moved to its place,
 * over one that a killed process has left behind. The state directory is this process's: nobody else listens there.
 * @throws WeirError `WEIR_CONTROL_PATH`, and what the system says
 */
export async function listenPrivately(
  server: Server,
  stateDir: string | 'memory',
): Promise<{ path: string; remove: () => void }> {
  if (process.platform === 'win32') {
    const path = controlSocketPath(stateDir === 'memory' ? `memory ${process.pid}` : stateDir)
    await listening(server, path)
    return { path, remove: () => {} }
  }
  const ownFolder = stateDir === 'memory' ? mkdtempSync(join(tmpdir(), 'weir-')) : undefined
  const path = controlSocketPath(ownFolder ?? stateDir)
  const remove = () => rmSync(ownFolder ?? path, { recursive: true, force: true })
  try {
    reachableSocketPath(path)
    const folder = mkdtempSync(join(dirname(path), '.c-'))
    try {
      const made = join(folder, 's')
      await listening(server, reachableSocketPath(made))
      chmodSync(made, 0o600)
      renameSync(made, path)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    return { path, remove }
  } catch (error) {
    if (ownFolder !== undefined) remove()
    throw error
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
