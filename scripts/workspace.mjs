// The workspace's commands, behind the scripts of package.json: start, weir, build, test, fix, bench, x,
// torture, bench:processors, bench:templates, bench:nab, bench:incidents,
// bench:plots.
// Plain JavaScript without dependencies, so that it runs before anything is installed, on Node 20 and later.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { findToolchain, root } from './toolchain.mjs'

const isWindows = process.platform === 'win32'
const isTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
const quickstart = join('examples', 'quickstart', 'weir.yaml')
const packages = readdirSync(join(root, 'packages'))
  .map((name) => `packages/${name}`)
  .filter((folder) => existsSync(join(root, folder, 'package.json')))

const commands = {
  async start(args) {
    await prepare()
    const isFollowing = args.includes('--follow')
    const rest = args.filter((arg) => arg !== '--follow')
    return weir(['run', ...(isFollowing ? [] : ['--once']), quickstart, ...rest], root)
  },
  async weir(args) {
    await prepare()
    return weir(args, process.env.INIT_CWD ?? process.cwd())
  },
  async build() {
    await prepare()
  },
  async test(args) {
    await prepare()
    await step('format and lint', 'biome', ['check', '--error-on-warnings', '--no-errors-on-unmatched'])
    await step('unused code', 'knip', ['--no-progress'])
    await step('package contents', 'node', ['scripts/check-packages.mjs', ...packages])
    await step('types of tests', 'tsc', ['-b'])
    return run('vitest', ['run', ...args])
  },
  async fix() {
    await install()
    return run('biome', ['check', '--write', '--no-errors-on-unmatched'])
  },
  async bench(args) {
    await prepare()
    return run(toolchain.node, ['bench/src/main.ts', ...args])
  },
  async 'bench:processors'(args) {
    await prepare()
    return run(toolchain.node, ['bench/src/processors.ts', ...args])
  },
  async torture(args) {
    await prepare()
    return run(toolchain.node, ['torture/src/main.ts', ...args])
  },
  'bench:templates': (args) => published('templates', args),
  'bench:nab': (args) => published('nab', args),
  'bench:incidents': (args) => published('incidents', args),
  'bench:plots': (args) => published('plots', args),
  async x([command, ...args]) {
    if (command !== 'pnpm') await install()
    return run(command, args, { cwd: process.env.INIT_CWD ?? root })
  },
}

/** Runs a published benchmark; the paths that it is given are those of whoever calls. */
async function published(name, args) {
  await prepare()
  const script = join(root, 'bench', 'src', `${name}.ts`)
  return run(toolchain.node, [script, ...args], { cwd: process.env.INIT_CWD ?? process.cwd() })
}

async function prepare() {
  await install()
  await step('kernels', 'node', ['scripts/build-kernels.mjs'])
  await step('build', 'tsc', ['-b', ...packages])
}

/** Installs what the lock file says, unless nothing that decides it has changed since the last time. */
async function install() {
  const stampFile = join(root, 'node_modules', '.cache', 'weir-install')
  const inputs = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...['.', ...packages, 'bench'].map((folder) => `${folder}/package.json`),
  ]
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of inputs) if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)))
  const stamp = hash.digest('hex')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  process.stderr.write('Installing packages …\n')
  await step('install', 'pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'])
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, stamp)
}

function weir(args, cwd) {
  const main = join(root, 'packages', 'cli', 'dist', 'main.js')
  // The flags of its first line, which only a shell would read.
  const flags = readFileSync(main, 'utf8').split('\n', 1)[0].match(/--\S+/g) ?? []
  return run(toolchain.node, [...flags, main, ...args], { cwd })
}

/** Runs a command whose output matters only when it fails; then shows it and ends with its exit code. */
async function step(title, command, args) {
  const startedAt = Date.now()
  const output = []
  const code = await run(command, args, { stdio: ['ignore', 'pipe', 'pipe'], onData: (data) => output.push(data) })
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  if (code === 0) {
    if (isVerbose) process.stderr.write(`✓ ${title} (${seconds} s)\n`)
    return
  }
  process.stderr.write(Buffer.concat(output))
  throw new StepFailed(title, code)
}

class StepFailed extends Error {
  constructor(title, code) {
    super(`✗ ${title} failed (exit code ${code})`)
    this.exitCode = code
  }
}

/** Runs a command with the workspace's tools on PATH and answers its exit code. */
function run(command, args, { cwd = root, stdio = 'inherit', onData } = {}) {
  return new Promise((resolve, reject) => {
    // Windows starts the tools' .cmd files only through a shell; Node itself needs none, which keeps its arguments exact.
    const shell = isWindows && command !== toolchain.node
    const child = spawn(command, args, { cwd, stdio, shell, env: toolchain.env })
    child.stdout?.on('data', onData)
    child.stderr?.on('data', onData)
    const forward = (signal) => {
      // On a terminal, Ctrl-C has already reached the whole process group.
      if (signal !== 'SIGINT' || !isTerminal) child.kill(signal)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, forward)
    // npm hands a signal to the shell between us, which dies of it and tells nobody: then end the command too.
    const parent = process.ppid
    const watch = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(watch)
      child.kill('SIGTERM')
    }, 250)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(watch)
      for (const name of signals) process.off(name, forward)
      resolve(code ?? 128 + constants.signals[signal])
    })
  })
}

const [name, ...args] = process.argv.slice(2)
const command = commands[name]
if (command === undefined || (name === 'x' && args.length === 0)) {
  console.error(`usage: node scripts/workspace.mjs ${Object.keys(commands).join('|')} [arguments]`)
  process.exit(2)
}
let toolchain
const isVerbose = name === 'test' || name === 'build'
try {
  toolchain = findToolchain()
  process.exitCode = (await command(args)) ?? 0
} catch (error) {
  console.error(error.message)
  process.exitCode = error.exitCode ?? 1
}
