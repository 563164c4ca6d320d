import { formatDiagnostics } from '@weir/config'
import type { TestFailure, TestFileReport, TestOutcome } from '@weir/pipeline-test'
import { placeOf } from './test-report.ts'

/** What XML 1.0 cannot hold, not even escaped. */
const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}
const escaped = (text: string): string =>
  text.replace(notXml, '\ufffd').replace(/[&<>"\n]/g, (character) => entities[character] ?? character)
const seconds = (ms: number): string => (ms / 1000).toFixed(3)
const attributes = (values: { readonly [name: string]: string | number }): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')

/** The outcome as JUnit XML, as continuous integration reads it: a suite for each file. */
export function junit(reports: readonly TestFileReport[]): string {
  const suites = reports.map((report) => suite(report))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="weir test">',
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function suite({ file, tests, diagnostics }: TestFileReport): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const cases = tests.map((test) => testCase(file, test))
  if (errors.length > 0) {
    const text = formatDiagnostics(errors, { color: false })
    cases.push(
      `    <testcase${attributes({ name: file, classname: file })}>${problem('error', errors[0]?.message ?? '', text)}</testcase>`,
    )
  }
  const counts = {
    name: file,
    tests: cases.length,
    failures: tests.filter(({ failures }) => failures.length > 0).length,
    errors: errors.length > 0 ? 1 : 0,
    time: seconds(tests.reduce((sum, { durationMs }) => sum + durationMs, 0)),
  }
  return [`  <testsuite${attributes(counts)}>`, ...cases, '  </testsuite>'].join('\n')
}

function testCase(file: string, { name, position, durationMs, failures }: TestOutcome): string {
  const line = position === undefined ? {} : { line: position.line }
  const known = attributes({ name, classname: file, file, ...line, time: seconds(durationMs) })
  const [first] = failures
  if (first === undefined) return `    <testcase${known}/>`
  return `    <testcase${known}>${problem('failure', first.message, failures.map(failureText).join('\n'))}</testcase>`
}

const problem = (element: 'failure' | 'error', message: string, text: string): string =>
  `<${element}${attributes({ message })}>${escaped(text).replaceAll('&#10;', '\n')}</${element}>`

const failureText = ({ message, position, difference = [] }: TestFailure): string =>
  [
    `${position === undefined ? '' : `${placeOf(position)} `}${message}`,
    ...difference.map(({ sign, text }) => `${sign} ${text}`),
  ].join('\n')
