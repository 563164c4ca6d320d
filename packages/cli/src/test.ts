import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { formatDiagnostics } from '@weir/config'
import { runTestFile, type TestFileReport } from '@weir/pipeline-test'
import { exitCode, wrongCommandLine } from './exit-code.ts'
import { usesColor } from './paint.ts'
import { host } from './prepared.ts'
import { junit } from './test-junit.ts'
import { fileReport, total } from './test-report.ts'

interface TestCommandOptions {
  filter?: string
  junit?: string
  json?: boolean
  plugin?: string[]
}

export async function test(
  paths: string[],
  { filter, junit: junitFile, json, plugin }: TestCommandOptions,
): Promise<void> {
  const cwd = process.cwd()
  const files = (paths.length === 0 ? ['.'] : paths).flatMap((path) => testFiles(path))
  if (files.length === 0) {
    throw wrongCommandLine('there are no test files here', 'write weir.test.yaml beside weir.yaml: weir schema --tests')
  }
  const reports: TestFileReport[] = []
  const since = performance.now()
  for (const file of files) {
    const report = await runTestFile(file, { cwd, env: process.env, hosts: [host], plugins: plugin ?? [], filter })
    reports.push(report)
    if (json) continue
    if (report.diagnostics.length > 0) {
      const color = usesColor(process.stderr)
      process.stderr.write(`${formatDiagnostics(report.diagnostics, { color })}\n`)
    }
    process.stdout.write(fileReport(report, process.stdout))
  }
  if (junitFile !== undefined) writeFileSync(junitFile, junit(reports))
  if (json) process.stdout.write(`${JSON.stringify(reports, undefined, 2)}\n`)
  else process.stdout.write(total(reports, performance.now() - since, process.stdout))
  const tests = reports.flatMap((report) => report.tests)
  if (reports.some(isInvalid)) process.exitCode = exitCode.invalid
  else if (tests.some(({ failures }) => failures.length > 0)) process.exitCode = exitCode.failed
  else if (tests.length === 0) throw wrongCommandLine(`no test has ${JSON.stringify(filter)} in its name`)
}

const isInvalid = ({ diagnostics }: TestFileReport): boolean => diagnostics.some(({ severity }) => severity === 'error')

const isTestFile = (name: string): boolean => /\.test\.ya?ml$/.test(name)

/** The file; of a folder, every `*.test.yaml` in it and below. */
function testFiles(path: string): string[] {
  if (!statSync(resolve(path), { throwIfNoEntry: false })?.isDirectory()) return [path]
  const entries = readdirSync(path, { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1))
  return entries.flatMap((entry) => {
    if (entry.isDirectory()) return /^(node_modules|\..*)$/.test(entry.name) ? [] : testFiles(join(path, entry.name))
    return isTestFile(entry.name) ? [join(path, entry.name)] : []
  })
}
