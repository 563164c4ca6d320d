import type { DifferenceLine, TestFailure, TestFileReport } from '@weir/pipeline-test'
import { formatDuration, printable } from '@weir/sdk'
import { type Paint, paintFor } from './paint.ts'

/** Each test of a file with its outcome, for people. */
export function fileReport({ file, tests }: TestFileReport, stream: NodeJS.WriteStream): string {
  if (tests.length === 0) return ''
  const paint = paintFor(stream)
  const lines = [printable(file)]
  for (const { name, durationMs, failures } of tests) {
    const mark = failures.length === 0 ? paint('green', '✓') : paint('red', '✗')
    lines.push(`  ${mark} ${printable(name)} ${paint('dim', `(${Math.round(durationMs)} ms)`)}`)
    for (const failure of failures) lines.push(...failureLines(failure, paint))
  }
  return `${lines.join('\n')}\n`
}

function failureLines({ message, position, difference = [] }: TestFailure, paint: Paint): string[] {
  const where = position === undefined ? '' : paint('bold', printable(placeOf(position)))
  const head = `    ${where}${where && ' '}${printable(message)}`
  return [head, ...difference.map((line) => `      ${differenceLine(line, paint)}`)]
}

export const placeOf = ({ file, line, column }: NonNullable<TestFailure['position']>): string =>
  `${file}:${line}:${column}`

function differenceLine({ sign, text }: DifferenceLine, paint: Paint): string {
  const line = printable(`${sign} ${text}`)
  return sign === ' ' ? line : paint(sign === '-' ? 'red' : 'green', line)
}

/** How it went, all in all. */
export function total(reports: readonly TestFileReport[], durationMs: number, stream: NodeJS.WriteStream): string {
  const paint = paintFor(stream)
  const tests = reports.flatMap((report) => report.tests)
  const failed = tests.filter(({ failures }) => failures.length > 0)
  const invalid = reports.filter(({ diagnostics }) => diagnostics.some(({ severity }) => severity === 'error')).length
  const legend = failed.some(({ failures }) => failures.some(({ difference = [] }) => difference.length > 0))
    ? `${paint('red', '- expected')}  ${paint('green', '+ found')}\n`
    : ''
  const parts = [
    `${tests.length - failed.length} passed`,
    ...(failed.length === 0 ? [] : [paint('red', `${failed.length} failed`)]),
    ...(invalid === 0 ? [] : [paint('red', `${invalid} ${invalid === 1 ? 'file' : 'files'} not valid`)]),
  ]
  return `${legend}${parts.join(', ')} in ${formatDuration(Math.round(durationMs))}\n`
}
