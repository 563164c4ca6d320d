import type { Plan } from '@weir/core'
import { type ConfigOptions, prepareFrom, report } from './prepared.ts'

export async function graph(
  files: string[],
  options: ConfigOptions & { mermaid?: boolean; json?: boolean },
): Promise<void> {
  const prepared = await prepareFrom(files, options)
  if (!report(prepared) || prepared.plan === undefined) return
  const draw = options.json ? asJson : options.mermaid ? asMermaid : asText
  process.stdout.write(draw(prepared.plan))
}

const ids = (components: readonly { id: string }[]): string[] => components.map(({ id }) => id)

function asJson({ pipelines }: Plan): string {
  const plain = pipelines.map(({ name, signal, receivers, connectors, processors, exporters }) => ({
    name,
    signal,
    receivers: [...ids(receivers), ...ids(connectors)],
    processors: ids(processors),
    exporters: ids(exporters),
  }))
  return `${JSON.stringify(plain, undefined, 2)}\n`
}

/** Each pipeline as a line of boxes; several at one place stand below each other. */
function asText({ pipelines }: Plan): string {
  const blocks = pipelines.map(({ name, receivers, connectors, processors, exporters }) => {
    const columns = [
      [...ids(receivers), ...ids(connectors)],
      ...ids(processors).map((id) => [id]),
      ids(exporters),
    ].filter((column) => column.length > 0)
    const height = Math.max(...columns.map((column) => column.length))
    const lines = Array.from({ length: height }, (_, row) =>
      columns
        .map((column, index) => {
          const width = Math.max(...column.map((id) => id.length))
          const arrow = index === 0 ? '  ' : row < column.length ? (row === 0 ? ' ──▶ ' : ' ├─▶ ') : '     '
          return `${arrow}${(column[row] ?? '').padEnd(width)}`
        })
        .join('')
        .trimEnd(),
    )
    return `${name}\n${lines.join('\n')}\n`
  })
  return blocks.join('\n')
}

function asMermaid({ pipelines }: Plan): string {
  const lines = ['flowchart LR']
  const node = (kind: string, id: string) => `${kind}_${id.replaceAll(/[^A-Za-z0-9]/g, '_')}["${id}"]`
  for (const { name, receivers, connectors, processors, exporters } of pipelines) {
    const chain = ids(processors).map((id) => node('p', id))
    const sources = [...ids(receivers).map((id) => node('r', id)), ...ids(connectors).map((id) => node('p', id))]
    const sinks = ids(exporters).map((id) => node('e', id))
    lines.push(`  %% ${name}`)
    const steps = [sources, ...chain.map((step) => [step]), sinks].filter((step) => step.length > 0)
    for (let index = 1; index < steps.length; index++) {
      lines.push(`  ${(steps[index - 1] ?? []).join(' & ')} --> ${(steps[index] ?? []).join(' & ')}`)
    }
  }
  return `${lines.join('\n')}\n`
}
