import { printable } from '@weir/sdk'
import type { DrawnNode, DrawnPipeline } from './graph-drawing.ts'

/** Pixels. A character's width is that of a monospaced font of the size that the style sheet sets. */
const size = {
  character: 7.3,
  small: 6.1,
  box: 30,
  row: 46,
  title: 34,
  margin: 16,
  pad: 14,
  gap: 56,
  lane: 14,
  bend: 36,
}

const style = `
svg { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: #ffffff }
text { fill: #1f2933 } .title { font-weight: 600 } .label { font-size: 10px; fill: #52606d }
.lane { fill: #f5f7fa; stroke: #e4e7eb } .box { stroke-width: 1.2 }
.receiver { fill: #e3f2e6; stroke: #5b9a68 } .processor { fill: #e6edf9; stroke: #5a7fb8 }
.exporter { fill: #fbefdc; stroke: #c08a3e } .connector { fill: none; stroke: #5a7fb8; stroke-dasharray: 4 3 }
.edge { fill: none; stroke: #7b8794; stroke-width: 1.3 } .link { fill: none; stroke: #5a7fb8; stroke-dasharray: 2 4 }
.arrow { fill: #7b8794 } .fill { fill: #c08a3e } .full { fill: #c62828 }
@media (prefers-color-scheme: dark) {
svg { background: #14181d } text { fill: #e4e7eb } .label { fill: #9aa5b1 } .lane { fill: #1c2127; stroke: #323f4b }
.receiver { fill: #1f3325 } .processor { fill: #1d2b42 } .exporter { fill: #3a2c17 } }
`.trim()

interface Placed extends DrawnNode {
  readonly x: number
  readonly y: number
  readonly width: number
}

const escapes: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => printable(text).replaceAll(/[&<>"']/g, (mark) => escapes[mark] ?? '')
const round = (value: number): number => Math.round(value * 10) / 10

/** The pipelines as one self-contained SVG: a lane each, what connects them as dotted lines; light and dark. */
export function graphSvg(pipelines: readonly DrawnPipeline[]): string {
  const widths = columnWidths(pipelines)
  const gaps = gapWidths(pipelines)
  const lefts = widths.map((_, index) =>
    widths.slice(0, index).reduce((sum, width, before) => sum + width + (gaps[before] ?? 0), size.margin + size.pad),
  )
  const width = (lefts.at(-1) ?? size.margin) + (widths.at(-1) ?? 0) + size.pad + size.margin
  const placed: Placed[][][] = []
  const parts: string[] = []
  let top: number = size.margin
  for (const { name, columns } of pipelines) {
    const rows = Math.max(1, ...columns.map(({ length }) => length))
    const height = size.title + rows * size.row
    parts.push(
      `<rect class="lane" x="${size.margin}" y="${top}" width="${round(width - 2 * size.margin)}" height="${height}" rx="8"/>`,
      `<text class="title" x="${size.margin + size.pad}" y="${top + 21}">${escaped(name)}</text>`,
    )
    const middle = top + size.title + (rows * size.row) / 2
    const placedColumns = columns.map((column, index) =>
      column.map((node, row) => ({
        ...node,
        x: lefts[index] ?? 0,
        y: middle + (row - (column.length - 1) / 2) * size.row - size.row / 2 + (size.row - size.box) / 2,
        width: widths[index] ?? 0,
      })),
    )
    placed.push(placedColumns)
    for (const [index, column] of placedColumns.entries()) {
      for (const from of placedColumns[index - 1] ?? []) for (const to of column) parts.push(edge(from, to))
    }
    top += height + size.lane
  }
  const all = placed.flat(2)
  const height = top - size.lane + size.margin
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${height}" viewBox="0 0 ${round(width)} ${height}" role="img" aria-label="pipelines">`,
    `<style>${style}</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow" d="M0 0 8 4 0 8z"/></marker></defs>',
    ...parts,
    ...links(all),
    ...all.map(box),
    ...labels(placed),
    '</svg>',
    '',
  ].join('\n')
}

/** Of each column, over all pipelines. */
function columnWidths(pipelines: readonly DrawnPipeline[]): number[] {
  const count = Math.max(0, ...pipelines.map(({ columns }) => columns.length))
  return Array.from({ length: count }, (_, index) => {
    const ids = pipelines.flatMap(({ columns }) => columns[index]?.map(({ id }) => printable(id)) ?? [])
    return Math.max(...ids.map(({ length }) => length)) * size.character + 2 * size.pad
  })
}

/** Between each column and the next: room for the widest label. */
function gapWidths(pipelines: readonly DrawnPipeline[]): number[] {
  const count = Math.max(0, ...pipelines.map(({ columns }) => columns.length))
  return Array.from({ length: count }, (_, index) => {
    const texts = pipelines.flatMap(({ columns }) =>
      [...(columns[index] ?? []), ...(columns[index + 1] ?? [])].map(({ label }) => label.length),
    )
    return Math.max(size.gap, Math.max(0, ...texts) * size.small + size.bend + 26)
  })
}

/** It bends where its label is not: before an exporter at its beginning, else at its end. */
function edge(from: Placed, to: Placed): string {
  const y1 = round(from.y + size.box / 2)
  const y2 = round(to.y + size.box / 2)
  const x1 = round(from.x + from.width)
  const x2 = round(to.x)
  const [bend, end] = to.kind === 'exporter' ? [x1, x1 + size.bend] : [x2 - size.bend, x2]
  const half = round((bend + end) / 2)
  const curve = `H${round(bend)}C${half} ${y1} ${half} ${y2} ${round(end)} ${y2}H${x2}`
  const path = y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}${curve}`
  return `<path class="edge" d="${path}" marker-end="url(#arrow)"/>`
}

/** From each processor that feeds another pipeline to where it stands as that pipeline's receiver. */
function links(all: readonly Placed[]): string[] {
  return all
    .filter(({ kind }) => kind === 'connector')
    .flatMap((to) => {
      const from = all.find(({ id, kind }) => id === to.id && (kind === 'processor' || kind === 'exporter'))
      if (from === undefined) return []
      const [x1, y1, x2, y2] = [from.x + from.width / 2, from.y + size.box, to.x + to.width / 2, to.y].map(round)
      return [`<path class="link" d="M${x1} ${y1}C${x1} ${(y1 ?? 0) + 40} ${x2} ${(y2 ?? 0) - 40} ${x2} ${y2}"/>`]
    })
}

function box({ id, kind, x, y, width, fill = 0 }: Placed): string {
  const name = `<rect class="box ${kind}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${size.box}" rx="6"/><text x="${round(x + width / 2)}" y="${round(y + 19)}" text-anchor="middle">${escaped(id)}</text>`
  if (fill <= 0) return name
  const level = `<rect class="${fill >= 0.9 ? 'full' : 'fill'}" x="${round(x)}" y="${round(y + size.box + 2)}" width="${round(width * fill)}" height="3" rx="1.5"/>`
  return name + level
}

/** An exporter's label stands before it, any other's behind. */
function labels(placed: readonly (readonly (readonly Placed[])[])[]): string[] {
  return placed.flatMap((columns) =>
    columns.flatMap((column, index) =>
      column.flatMap(({ kind, label, x, y, width }) => {
        const isLast = columns[index + 1]?.[0]?.kind === 'exporter'
        if (label === '' || (kind !== 'exporter' && isLast)) return []
        const at = round(y + size.box / 2 - 6)
        return kind === 'exporter'
          ? [`<text class="label" x="${round(x - 12)}" y="${at}" text-anchor="end">${escaped(label)}</text>`]
          : [`<text class="label" x="${round(x + width + 8)}" y="${at}">${escaped(label)}</text>`]
      }),
    ),
  )
}
