import { printable } from '@weir/sdk'
import type { DrawnNode, DrawnPipeline } from './graph-drawing.ts'

/** A processor and the receiver that it is in another pipeline are one node. */
const letters = { receiver: 'r', connector: 'p', processor: 'p', exporter: 'e' } as const

/** What Mermaid would take for the end of a text, or for markup, by its codes. */
const quoted = (text: string): string =>
  `"${printable(text).replaceAll(/["#<>&]/g, (mark) => `#${mark.charCodeAt(0)};`)}"`

/** A flow chart in Mermaid's notation. */
export function graphMermaid(pipelines: readonly DrawnPipeline[]): string {
  const names = new Map<string, string>()
  const node = ({ kind, id }: DrawnNode): string => {
    const plain = `${letters[kind]}_${id.replaceAll(/[^A-Za-z0-9]/g, '_')}`
    let name = plain
    for (let number = 2; (names.get(name) ?? id) !== id; number++) name = `${plain}_${number}`
    names.set(name, id)
    return `${name}[${quoted(id)}]`
  }
  const lines = ['flowchart LR']
  for (const { name, columns } of pipelines) {
    lines.push(`  %% ${printable(name)}`)
    for (const [index, to] of columns.entries()) {
      const from = columns[index - 1]
      if (from !== undefined) lines.push(...edges(from, to, node).map((edge) => `  ${edge}`))
    }
  }
  return `${lines.join('\n')}\n`
}

function edges(from: readonly DrawnNode[], to: readonly DrawnNode[], node: (of: DrawnNode) => string): string[] {
  const labelOf = (source: DrawnNode, target: DrawnNode) => (target.kind === 'exporter' ? target : source).label
  if ([...from, ...to].every(({ label }) => label === '')) {
    return [`${from.map(node).join(' & ')} --> ${to.map(node).join(' & ')}`]
  }
  return from.flatMap((source) =>
    to.map((target) => {
      const label = labelOf(source, target)
      return `${node(source)} ${label === '' ? '-->' : `-->|${quoted(label)}|`} ${node(target)}`
    }),
  )
}
