import { printable } from '@weir/sdk'
import type { DrawnNode, DrawnPipeline } from './graph-drawing.ts'

/** Each pipeline as a line of names; several at one place stand below each other. */
export function graphText(pipelines: readonly DrawnPipeline[]): string {
  return pipelines.map((pipeline) => `${printable(pipeline.name)}\n${lanes(pipeline)}`).join('\n')
}

function lanes({ columns }: DrawnPipeline): string {
  const height = Math.max(0, ...columns.map(({ length }) => length))
  const blocks = columns.flatMap((column, index) => {
    const before = columns[index - 1]
    return before === undefined ? [names(column)] : [arrows(before, column), names(column)]
  })
  const rows = Array.from({ length: height }, (_, row) => blocks.map((block) => cell(block, row)).join(''))
  return rows.map((row) => `  ${row.trimEnd()}\n`).join('')
}

const names = (column: readonly DrawnNode[]): string[] => column.map(({ id }) => printable(id))

/** What stands between two columns, row by row. */
function arrows(from: readonly DrawnNode[], to: readonly DrawnNode[]): string[] {
  const height = Math.max(from.length, to.length)
  const isToExporters = to[0]?.kind === 'exporter'
  const labels = Array.from({ length: height }, (_, row) => (isToExporters ? to[row]?.label : from[row]?.label) ?? '')
  const middles = labels.map((label) => (label === '' ? '' : `─ ${label} ─`))
  const width = Math.max(...middles.map(({ length }) => length))
  return middles.map((middle, row) => {
    const head = row < from.length ? '─' : '├'
    const tail = row < to.length ? '─▶' : '─┘'
    return ` ${head}${middle.padEnd(width, '─')}${tail} `
  })
}

const cell = (block: readonly string[], row: number): string =>
  (block[row] ?? '').padEnd(Math.max(...block.map(({ length }) => length)))
