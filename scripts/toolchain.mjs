// Finds the Node and the pnpm that this repository is built with: those on PATH where they are recent enough, else the
// pinned ones, which npx brings from the npm registry. Plain JavaScript, so that an older Node can run it.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const pinned = { node: '24.21.0', pnpm: '12.21.0' }
const cacheFile = join(root, 'node_modules', '.cache', 'weir-toolchain.json')
const isWindows = process.platform === 'win32'

/** 22.19 is what undici asks for, and runs TypeScript by itself; Vitest leaves out the short-lived odd majors. */
function isSuitableNode(version) {
  const [major, minor] = version.split('.').map(Number)
  return major >= 26 || major === 24 || (major === 22 && minor >= 19)
}

function hasPnpmOnPath() {
  // Outside the repository: inside it, pnpm would first switch itself to the version that package.json names.
  const result = spawnSync('pnpm', ['--version'], {
    cwd: dirname(process.execPath),
    encoding: 'utf8',
    shell: isWindows,
  })
  return result.status === 0 && result.stdout.trim().split('.')[0] === pinned.pnpm.split('.')[0]
}

function cached() {
  try {
    const found = JSON.parse(readFileSync(cacheFile, 'utf8'))
    const isCurrent = found.pinned.node === pinned.node && found.pinned.pnpm === pinned.pnpm
    return isCurrent && existsSync(found.node) && existsSync(found.bin) ? found : undefined
  } catch {
    return undefined
  }
}

function fetchPinned() {
  process.stderr.write(`Fetching Node ${pinned.node} and pnpm ${pinned.pnpm} …\n`)
  const packages = Object.entries(pinned).map(([name, version]) => `--package=${name}@${version}`)
  // Without spaces or quotes, so that every shell between here and there leaves it alone.
  const report = 'JSON.stringify([process.execPath,process.env.PATH])'
  // npm's own script where it started us: unlike `npm.cmd`, that needs no shell on Windows.
  const npm = process.env.npm_execpath ?? ''
  const isNpm = basename(npm) === 'npm-cli.js'
  const [program, ...first] = isNpm ? [process.execPath, npm] : ['npm']
  const result = spawnSync(program, [...first, 'exec', '--yes', ...packages, '--', 'node', '-p', report], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: isWindows && !isNpm,
  })
  if (result.status !== 0) throw new Error(`npm could not fetch them:\n${result.stderr ?? result.error}`)
  const [node, path] = JSON.parse(result.stdout.trim().split('\n').at(-1))
  const bin = path.split(delimiter).find((folder) => existsSync(join(folder, isWindows ? 'pnpm.cmd' : 'pnpm')))
  const found = { pinned, node, bin }
  mkdirSync(dirname(cacheFile), { recursive: true })
  writeFileSync(cacheFile, JSON.stringify(found))
  return found
}

/** The path of the Node to use, and the environment in which `node`, `pnpm` and the workspace's tools are found. */
export function findToolchain() {
  const isOwn = isSuitableNode(process.versions.node) && hasPnpmOnPath()
  const { node, bin } = isOwn ? { node: process.execPath, bin: dirname(process.execPath) } : (cached() ?? fetchPinned())
  const path = [join(root, 'node_modules', '.bin'), dirname(node), bin, process.env.PATH ?? '']
  return { node, env: withPath(path.join(delimiter)) }
}

/** Windows spells it `Path`; a copy of the environment must not hold both spellings. */
function withPath(path) {
  const rest = Object.entries(process.env).filter(([name]) => name.toUpperCase() !== 'PATH')
  return { ...Object.fromEntries(rest), PATH: path }
}
