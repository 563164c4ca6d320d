import type { RegisteredType } from '@weir/plugins'
import { sections } from '@weir/sdk'
import { componentKeys } from './component-keys.ts'

/** Text in a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const code = (text: string): string => (text === '' ? '' : `\`${cell(text)}\``)

/** The component reference as Markdown: every type, every key. */
export function reference(types: readonly RegisteredType[]): string {
  const parts = Object.entries(sections).flatMap(([kind, section]) => {
    const ofKind = types.filter(({ definition }) => definition.kind === kind)
    return ofKind.length === 0 ? [] : [`## ${section}\n`, ...ofKind.map(component)]
  })
  return `# Component reference\n\nWritten by \`weir components --markdown\`.\n\n${parts.join('\n')}`
}

function component({ definition, packageName, schema }: RegisteredType): string {
  const rows = [...componentKeys(schema)].map(
    ({ path, type, fallback, description }) =>
      `| \`${path}\` | ${cell(type)} | ${code(fallback)} | ${cell(description)} |`,
  )
  const table =
    rows.length === 0 ? 'It has no keys.' : `| key | type | default | |\n|---|---|---|---|\n${rows.join('\n')}`
  return `### ${definition.type} (${definition.kind})\n\n${definition.description ?? ''} (${packageName})\n\n${table}\n`
}
