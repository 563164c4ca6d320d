import { dirname, relative, resolve, sep } from 'node:path'
import { type Diagnostic, locateConfig, type Position } from '@weir/config'
import { type PrepareOptions, prepare } from '../prepare.ts'
import { planTests } from './plan-tests.ts'
import { readTestFile, type TestFile } from './read-test-file.ts'
import { runTest, type TestFailure } from './run-test.ts'
import { readTime } from './test-time.ts'

export interface TestOptions extends Pick<PrepareOptions, 'cwd' | 'env' | 'hosts' | 'plugins'> {
  /** Runs only tests in whose names this stands, in any case. */
  filter?: string | undefined
}

export interface TestOutcome {
  readonly name: string
  readonly position?: Position
  readonly durationMs: number
  /** Empty when it passed. */
  readonly failures: readonly TestFailure[]
}

/** What became of one test file. */
export interface TestFileReport {
  /** As it is shown: relative to `cwd` if it is below it. */
  readonly file: string
  /** What is wrong with the file or its config. With an error, none of its tests has run. */
  readonly diagnostics: readonly Diagnostic[]
  readonly tests: readonly TestOutcome[]
}

const defaultNow = Date.UTC(2026, 0, 1)

/**
 * Runs the pipelines of a config with the inputs of a test file, and compares what passes their points with what the
 * file expects. Never throws for what the author can get wrong: see `diagnostics`.
 */
export async function runTestFile(path: string, options: TestOptions): Promise<TestFileReport> {
  const absolute = resolve(options.cwd, path)
  const below = relative(options.cwd, absolute)
  const name = below.startsWith(`..${sep}`) ? absolute : below
  const { file, diagnostics } = await readTestFile(absolute, name)
  if (file === undefined) return { file: name, diagnostics, tests: [] }
  const prepared = await prepare(await configOf(file, options))
  const { plan, config, registry } = prepared
  const problems = prepared.diagnostics.filter(({ severity }) => severity === 'error')
  if (plan === undefined || config === undefined)
    return { file: name, diagnostics: [...diagnostics, ...problems], tests: [] }
  const planned = await planTests(file, plan, registry)
  const all = [...diagnostics, ...planned.diagnostics]
  if (planned.diagnostics.length > 0) return { file: name, diagnostics: all, tests: [] }
  const now = readTime(file.spec.now ?? defaultNow)?.ms ?? defaultNow
  const chosen = planned.tests.filter((test) => test.name.toLowerCase().includes((options.filter ?? '').toLowerCase()))
  const tests: TestOutcome[] = []
  for (const test of chosen) {
    const since = performance.now()
    const failures = await runTest({ plan, config, registry }, test, { file, now })
    const { position } = test
    const durationMs = performance.now() - since
    tests.push({ name: test.name, durationMs, failures, ...(position === undefined ? {} : { position }) })
  }
  return { file: name, diagnostics: all, tests }
}

/** Where the config of a test file is, and what it is read with. */
async function configOf({ path, spec }: TestFile, { cwd, env, hosts, plugins }: TestOptions): Promise<PrepareOptions> {
  const folder = dirname(path)
  const located = spec.config ?? (await locateConfig(folder)) ?? []
  const files = [located].flat().map((file) => resolve(folder, file))
  return {
    cwd: files.length === 0 ? folder : cwd,
    files,
    profile: spec.profile,
    env: { ...env, ...spec.env },
    hosts,
    plugins,
  }
}
