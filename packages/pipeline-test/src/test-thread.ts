import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { diagnostic } from '@weir/config'
import { formatDuration, messageOf } from '@weir/sdk'
import type { TestBirth, TestFileReport, TestMessage, TestOptions, TestOutcome } from './pipeline-tests.ts'
import { blamed, ThreadInspector } from './stuck-thread.ts'

/** How long it may take to read a config and to load its plugins. */
const loadMs = 60_000
/** What a test has after its limit to end by itself: who waits for something that never comes is ended there. */
const graceMs = 1000

type Begun = Extract<TestMessage, { is: 'begin' }>

/**
 * Runs the tests of a file in a thread, so that what loops, ends the process or fills the memory fails its test, and the
 * tests that follow run all the same.
 */
export async function runTestFile(path: string, options: TestOptions): Promise<TestFileReport> {
  const tests: TestOutcome[] = []
  for (;;) {
    const life = await runThread({ path, options: { ...options, env: { ...options.env } }, from: tests.length })
    tests.push(...life.tests)
    if (life.end !== undefined) return { ...life.end, tests }
  }
}

interface Life {
  readonly tests: readonly TestOutcome[]
  /** Missing if there is more to run. */
  readonly end?: Omit<TestFileReport, 'tests'>
}

async function runThread(birth: TestBirth): Promise<Life> {
  const inspector = new ThreadInspector()
  const worker = new Worker(new URL(`./test-worker${extname(import.meta.url)}`, import.meta.url), { workerData: birth })
  const tests: TestOutcome[] = []
  const over = Promise.withResolvers<Life['end'] | Error>()
  let current: Begun | undefined
  let since = performance.now()
  let timer: NodeJS.Timeout | undefined
  const watch = (limitMs: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => void endLate(limitMs), limitMs + graceMs)
  }
  const endLate = async (limitMs: number): Promise<void> => {
    const place = blamed(await inspector.callStack(), current?.owners ?? [], birth.options.cwd)
    const where = place === undefined ? '' : `: ${place} does not return`
    over.resolve(new Error(`it did not end within ${formatDuration(limitMs)}${where}`))
  }
  worker.on('message', (message: TestMessage) => {
    if (message.is === 'begin') {
      current = message
      since = performance.now()
      watch(message.limitMs)
    } else if (message.is === 'end') {
      tests.push(message.outcome)
      current = undefined
      watch(loadMs)
    } else over.resolve({ file: message.file, diagnostics: message.diagnostics })
  })
  worker.on('error', (error) => over.resolve(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', (code) => over.resolve(new Error(`something ended the process: process.exit(${code})`)))
  watch(loadMs)
  const outcome = await over.promise
  clearTimeout(timer)
  inspector.close()
  await worker.terminate()
  if (!(outcome instanceof Error)) return outcome === undefined ? { tests } : { tests, end: outcome }
  const message = reasonOf(outcome)
  if (current === undefined) {
    const problem = diagnostic('error', 'WEIR_TEST_LOAD', `the tests could not be run: ${message}`, { path: [] })
    return { tests, end: { file: birth.path, diagnostics: [problem] } }
  }
  const { name, position } = current
  const failed = { name, durationMs: performance.now() - since, failures: [{ message }] }
  return { tests: [...tests, { ...failed, ...(position === undefined ? {} : { position }) }] }
}

const reasonOf = (error: Error): string =>
  Reflect.get(error, 'code') === 'ERR_WORKER_OUT_OF_MEMORY'
    ? 'it needed more memory than there is: does a component keep what it is given?'
    : messageOf(error)
