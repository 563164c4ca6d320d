import { parentPort, workerData } from 'node:worker_threads'
import { runTests, type TestBirth, type TestMessage } from './pipeline-tests.ts'

/** The thread in which the tests of one file run. Whoever started it ends it when a test does not come to its end. */
const { path, options, from }: TestBirth = workerData
const say = (message: TestMessage) => parentPort?.postMessage(message)
const { file, diagnostics } = await runTests(path, options, { from, say })
say({ is: 'done', file, diagnostics })
