import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { onTestFinished } from 'vitest'

/** A real sender of syslog. */
export interface Program {
  readonly path: string
  readonly args: readonly string[]
  readonly env: { readonly [name: string]: string }
}

const folders = [...(env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']

export function program(name: string): Program | undefined {
  const folder = folders.find((one) => one !== '' && existsSync(join(one, name)))
  return folder === undefined ? undefined : { path: join(folder, name), args: [], env: {} }
}

/**
 * syslog-ng as it is installed, or as it was unpacked beside rsyslog: Debian's packages of the two conflict, so
 * `.ci/run` unpacks it without installing it.
 */
export function syslogNg(): Program | undefined {
  const root = env.WEIR_SYSLOG_NG ?? '/opt/weir-peers/syslog-ng'
  const library = join(root, 'usr/lib/syslog-ng')
  const path = join(root, 'usr/sbin/syslog-ng')
  if (!existsSync(path)) return program('syslog-ng')
  const modules = readdirSync(library).find((name) => /^\d+\.\d+$/.test(name)) ?? ''
  return { path, args: ['--module-path', join(library, modules)], env: { LD_LIBRARY_PATH: library } }
}

/** Missing peers are a notice to a newcomer, and a failure where everything is to be tested. */
export const isWanted = (peer: Program | undefined): boolean => peer !== undefined || env.CI !== undefined

/** Starts a program that runs until the test has finished. */
export function started(peer: Program | undefined, args: readonly string[]): ChildProcess {
  if (peer === undefined) throw new Error('this peer is not installed')
  const child = spawn(peer.path, [...peer.args, ...args], {
    env: { ...env, ...peer.env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  })
  return child
}

/** Runs a program to its end, while this process goes on. */
export async function ran(peer: Program | undefined, args: readonly string[]): Promise<void> {
  const [status] = await once(started(peer, args), 'exit')
  if (status !== 0) throw new Error(`${peer?.path} ${args.join(' ')} ended with ${status}`)
}

/** Whether rsyslog can speak TLS: by GnuTLS, for its driver of OpenSSL (8.2302) sends nothing to OpenSSL's own server either. */
export const hasTlsDriver = (): boolean =>
  ['/usr/lib', '/usr/lib64'].some(
    (folder) => existsSync(folder) && globSync('{rsyslog,*/rsyslog}/lmnsd_gtls.so', { cwd: folder }).length > 0,
  )
