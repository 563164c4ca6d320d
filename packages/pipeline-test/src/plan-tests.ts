import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { byPosition, type ConfigPath, type Diagnostic, diagnostic } from '@weir/config'
import { type TapKind, type TapName, tapNames } from '@weir/control'
import type { Plan } from '@weir/plan'
import type { Registry } from '@weir/plugins'
import { type AttributeMap, type LineSource, messageOf, nearest } from '@weir/sdk'
import type { Entry, PlannedExpectation, PlannedInput, PlannedTest } from './planned-test.ts'
import type { TestFile } from './read-test-file.ts'
import type { ExpectationSpec, InputSpec, TestSpec } from './test-schema.ts'

/** Finds what the tests of a file are about in the plan of their config. All problems come back at once. */
export async function planTests(
  file: TestFile,
  plan: Plan,
  registry: Registry,
): Promise<{ tests: PlannedTest[]; diagnostics: Diagnostic[] }> {
  const planner = new TestPlanner(file, plan, registry)
  const tests = await Promise.all(file.spec.tests.map((test, index) => planner.test(test, ['tests', index])))
  return { tests, diagnostics: planner.diagnostics.sort(byPosition([file.name])) }
}

const inputKinds: readonly TapKind[] = ['receiver', 'pipeline', 'processor']
const checks = ['count', 'records', 'contains', 'where', 'alerts'] as const

class TestPlanner {
  readonly diagnostics: Diagnostic[] = []
  readonly #file: TestFile
  readonly #plan: Plan
  readonly #registry: Registry
  readonly #names: readonly TapName[]

  constructor(file: TestFile, plan: Plan, registry: Registry) {
    this.#file = file
    this.#plan = plan
    this.#registry = registry
    this.#names = tapNames(plan.pipelines)
  }

  async test(test: TestSpec, path: ConfigPath): Promise<PlannedTest> {
    const sources = new Map<string, LineSource>()
    const inputs = await Promise.all(
      test.input.map((input, index) => this.#input(input, [...path, 'input', index], sources)),
    )
    const expectations = test.expect.flatMap((spec, index) => this.#expectation(spec, [...path, 'expect', index]))
    this.#checkEntries(inputs.flat(), path)
    const { name, timeout } = test
    return { name, position: this.#file.locate([...path, 'name']), timeout, inputs: inputs.flat(), expectations }
  }

  async #input(input: InputSpec, path: ConfigPath, sources: Map<string, LineSource>): Promise<PlannedInput[]> {
    const given = (['lines', 'file', 'records'] as const).filter((key) => input[key] !== undefined)
    if (given.length !== 1) {
      this.#error(
        'WEIR_TEST_INPUT',
        path,
        'expected one of lines, file and records',
        given.length === 0 ? undefined : 'make it several inputs',
      )
    }
    const name = this.#name(input.to, inputKinds, [...path, 'to'])
    if (name === undefined || given.length !== 1) return []
    const { records } = input
    if (name.kind !== 'receiver') {
      if (records !== undefined) return this.#entry(name, path).map((entry) => ({ entry, records }))
      this.#error(
        'WEIR_TEST_INPUT',
        path,
        `${name.id} is a ${name.kind}, which takes records`,
        'write records: instead',
      )
      return []
    }
    const receiver = this.#plan.pipelines.flatMap(({ receivers }) => receivers).find(({ id }) => id === name.id)
    if (receiver === undefined) return []
    if (records !== undefined) return [{ receiver, records }]
    if (this.#registry.find('receiver', receiver.type)?.definition.reads !== 'lines') {
      this.#error('WEIR_TEST_INPUT', path, `${name.id} reads no lines`, 'write records: instead')
      return []
    }
    const lines = await this.#lines(input, path)
    return lines === undefined ? [] : [{ receiver, lines, source: sourceOf(input, name.id, sources) }]
  }

  async #lines({ lines, file = '' }: InputSpec, path: ConfigPath): Promise<Buffer | undefined> {
    if (lines !== undefined)
      return Buffer.from(typeof lines === 'string' ? lines : lines.map((line) => `${line}\n`).join(''))
    try {
      return await readFile(resolve(dirname(this.#file.path), file))
    } catch (error) {
      this.#error(
        'WEIR_TEST_FILE',
        [...path, 'file'],
        `${file} cannot be read: ${messageOf(error).split(',')[0]}`,
        'the path starts from the folder of this file',
      )
      return undefined
    }
  }

  #entry({ kind, id, places }: TapName, path: ConfigPath): Entry[] {
    if (kind === 'pipeline') return [{ pipeline: id, processorIndex: 0 }]
    const [first, ...others] = places.map(({ pipeline = '' }) => pipeline)
    if (first === undefined || others.length > 0) {
      const pipelines = [first, ...others].join(' and ')
      this.#error(
        'WEIR_TEST_INPUT',
        [...path, 'to'],
        `${id} stands in ${pipelines}`,
        'name the pipeline that gets the records',
      )
      return []
    }
    const processors = this.#plan.pipelines.find(({ name }) => name === first)?.processors ?? []
    return [{ pipeline: first, processorIndex: processors.findIndex((processor) => processor.id === id) }]
  }

  /** Records that are given to a processor do not pass those before it, which are left out: so all must enter there. */
  #checkEntries(inputs: readonly PlannedInput[], path: ConfigPath): void {
    for (const { name, receivers } of this.#plan.pipelines) {
      const entered = inputs.flatMap((input) => {
        if ('entry' in input) return input.entry.pipeline === name ? [input.entry.processorIndex] : []
        return receivers.includes(input.receiver) ? [0] : []
      })
      if (new Set(entered).size > 1)
        this.#error(
          'WEIR_TEST_INPUT',
          [...path, 'input'],
          `the inputs enter ${name} at different places`,
          'make them tests of their own',
        )
    }
  }

  #expectation(spec: ExpectationSpec, path: ConfigPath): PlannedExpectation[] {
    if (checks.every((check) => spec[check] === undefined)) {
      this.#error('WEIR_TEST_EXPECTATION', path, 'nothing is expected here', `write one of ${checks.join(', ')}`)
      return []
    }
    if (spec.at === undefined) {
      if (checks.some((check) => check !== 'alerts' && spec[check] !== undefined)) {
        this.#error(
          'WEIR_TEST_EXPECTATION',
          path,
          'the key "at" is missing',
          'name the point: an exporter, a pipeline, a processor or a receiver',
        )
        return []
      }
      const places = this.#names
        .filter(({ kind, id }) => kind === 'pipeline' && /^alerts(\/|$)/.test(id))
        .flatMap((name) => name.places)
      if (places.length > 0) return [{ point: 'alerts', places, spec, path }]
      this.#error('WEIR_TEST_EXPECTATION', path, 'the config has no pipeline of alerts')
      return []
    }
    const name = this.#name(spec.at, undefined, [...path, 'at'])
    return name === undefined ? [] : [{ point: spec.at, places: name.places, spec, path }]
  }

  #name(wanted: string, kinds: readonly TapKind[] | undefined, path: ConfigPath): TapName | undefined {
    const names = this.#names.filter(({ kind }) => kinds?.includes(kind) ?? true)
    const [first, ...others] = names.filter((name) => name.id === wanted || name.path === wanted)
    if (first !== undefined && others.length === 0) return first
    if (first !== undefined) {
      const paths = [first, ...others].map((name) => name.path)
      this.#error(
        'WEIR_TEST_POINT',
        path,
        `${JSON.stringify(wanted)} names several points`,
        `write ${paths.join(' or ')}`,
      )
      return undefined
    }
    const near = nearest(wanted, [...names.map(({ id }) => id), ...names.map((name) => name.path)])
    const known = [...new Set(names.map(({ id }) => id))].join(', ')
    this.#error(
      'WEIR_TEST_POINT',
      path,
      `no pipeline of the config has ${JSON.stringify(wanted)}${kinds === undefined ? '' : `, to which something could be given`}`,
      near === undefined ? `there is ${known}` : `did you mean "${near}"?`,
    )
    return undefined
  }

  #error(code: string, path: ConfigPath, message: string, hint?: string): void {
    this.diagnostics.push(diagnostic('error', code, message, { path, hint, position: this.#file.locate(path) }))
  }
}

/** One object for each source of a test, so that its parser remembers it. */
function sourceOf(
  { to, source = to, attributes, resource }: InputSpec,
  receiver: string,
  sources: Map<string, LineSource>,
): LineSource {
  const given = (key: string, map: AttributeMap | undefined) => (map === undefined ? {} : { [key]: map })
  const made: LineSource = { id: source, ...given('attributes', attributes), ...given('resource', resource) }
  const key = JSON.stringify([receiver, made])
  const known = sources.get(key)
  if (known !== undefined) return known
  sources.set(key, made)
  return made
}
