import { dirname, relative, resolve, sep } from 'node:path'
import { type ComponentConfig, type Diagnostic, locateConfig, type Position } from '@weir/config'
import { type PrepareOptions, prepare } from '@weir/core'
import type { Registry } from '@weir/plugins'
import { parseDuration, sections } from '@weir/sdk'
import { planTests } from './plan-tests.ts'
import { readTestFile, type TestFile } from './read-test-file.ts'
import { runTest, type TestFailure } from './run-test.ts'
import type { CodeOwner } from './stuck-thread.ts'
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

/** What the thread is born with that runs tests. */
export interface TestBirth {
  readonly path: string
  readonly options: TestOptions
  /** How many of the tests that are chosen have run already. */
  readonly from: number
}

/** What that thread says. */
export type TestMessage =
  | {
      readonly is: 'begin'
      readonly name: string
      readonly position: Position | undefined
      readonly limitMs: number
      readonly owners: readonly CodeOwner[]
    }
  | { readonly is: 'end'; readonly outcome: TestOutcome }
  | ({ readonly is: 'done' } & Omit<TestFileReport, 'tests'>)

const defaultNow = Date.UTC(2026, 0, 1)
const defaultTimeout = '30s'

/**
 * Runs the pipelines of a config with the inputs of a test file, and compares what passes their points with what the
 * file expects. Never throws for what the author can get wrong: see `diagnostics`.
 */
export async function runTests(
  path: string,
  options: TestOptions,
  { from, say }: Pick<TestBirth, 'from'> & { say(message: TestMessage): void },
): Promise<Omit<TestFileReport, 'tests'>> {
  const absolute = resolve(options.cwd, path)
  const below = relative(options.cwd, absolute)
  const name = below.startsWith(`..${sep}`) ? absolute : below
  const { file, diagnostics } = await readTestFile(absolute, name)
  if (file === undefined) return { file: name, diagnostics }
  const prepared = await prepare(await configOf(file, options))
  const { plan, config, registry } = prepared
  const problems = prepared.diagnostics.filter(({ severity }) => severity === 'error')
  if (plan === undefined || config === undefined) return { file: name, diagnostics: [...diagnostics, ...problems] }
  const planned = await planTests(file, plan, registry)
  const all = [...diagnostics, ...planned.diagnostics]
  if (planned.diagnostics.length > 0) return { file: name, diagnostics: all }
  const now = readTime(file.spec.now ?? defaultNow)?.ms ?? defaultNow
  const chosen = planned.tests.filter((test) => test.name.toLowerCase().includes((options.filter ?? '').toLowerCase()))
  const owners = ownersOf(config.components, registry)
  for (const test of chosen.slice(from)) {
    const since = performance.now()
    const { name: title, position } = test
    const limitMs = parseDuration(test.timeout ?? file.spec.timeout ?? defaultTimeout)
    say({ is: 'begin', name: title, position, limitMs, owners })
    const failures = await runTest({ plan, config, registry }, test, { file, now, limitMs })
    const durationMs = performance.now() - since
    say({ is: 'end', outcome: { name: title, durationMs, failures, ...(position === undefined ? {} : { position }) } })
  }
  return { file: name, diagnostics: all }
}

/** The components that run in a test, with the modules that they come from. */
const ownersOf = (
  components: ReadonlyMap<string, ReadonlyMap<string, ComponentConfig>>,
  registry: Registry,
): CodeOwner[] => {
  const configured = [...components.values()].flatMap((of) => [...of.values()])
  const isReal = ({ kind }: ComponentConfig) => kind !== 'receiver' && kind !== 'exporter' && kind !== 'extension'
  const named = configured.filter(isReal).flatMap(({ kind, id, type }) => {
    const entry = registry.find(kind, type)?.entry
    return entry === undefined ? [] : [{ name: `${sections[kind]}.${id}`, entry }]
  })
  // Parsers and detectors work by their defaults as well.
  const installed = registry
    .all()
    .filter(
      ({ definition: { kind }, entry }) =>
        /^(parser|detector)$/.test(kind) && !named.some((one) => one.entry === entry),
    )
    .map(({ definition: { kind, type }, entry }) => ({ name: `the ${kind} ${type}`, entry }))
  return [...named, ...installed]
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
