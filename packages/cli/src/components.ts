import type { RegisteredType } from '@weir/plugins'
import { sections } from '@weir/sdk'
import { columns } from './columns.ts'
import { componentKeys } from './component-keys.ts'
import { wrongCommandLine } from './exit-code.ts'
import { prepareFrom } from './prepared.ts'
import { reference } from './reference.ts'

interface ComponentsOptions {
  json?: boolean
  markdown?: boolean
}

export async function components(wanted: string | undefined, options: ComponentsOptions): Promise<void> {
  const { registry, pluginProblems } = await prepareFrom([], { everyType: true })
  for (const { error } of pluginProblems) process.stderr.write(`warning: ${error.message}\n`)
  const types = registry
    .all()
    .filter(({ definition }) => wanted === undefined || definition.type === wanted)
    .sort(byKindAndType)
  if (types.length === 0) {
    throw wrongCommandLine(`there is no component type "${wanted}"`, 'weir components shows what is installed')
  }
  if (options.markdown) process.stdout.write(reference(types))
  else if (options.json) process.stdout.write(`${JSON.stringify(types.map(asJson), undefined, 2)}\n`)
  else process.stdout.write(wanted === undefined ? table(types) : types.map(page).join('\n'))
}

const kinds = Object.keys(sections)

const byKindAndType = ({ definition: one }: RegisteredType, { definition: other }: RegisteredType): number =>
  kinds.indexOf(one.kind) - kinds.indexOf(other.kind) || one.type.localeCompare(other.type)

const asJson = ({ definition, packageName, version, schema }: RegisteredType) => ({
  kind: definition.kind,
  type: definition.type,
  package: packageName,
  version,
  stability: definition.stability ?? 'alpha',
  description: definition.description ?? '',
  schema,
})

const firstLine = (text: string): string => text.split('\n')[0] ?? ''

function table(types: readonly RegisteredType[]): string {
  const rows = types.map(({ definition, packageName, version }) => [
    definition.kind,
    definition.type,
    definition.stability ?? 'alpha',
    `${packageName}@${version}`,
    firstLine(definition.description ?? ''),
  ])
  return columns([['KIND', 'TYPE', 'STABILITY', 'PACKAGE', 'DESCRIPTION'], ...rows])
}

function page({ definition, packageName, version, schema }: RegisteredType): string {
  const rows = [...componentKeys(schema)].map(({ path, type, fallback, description }) => [
    path,
    type,
    fallback,
    description,
  ])
  const keys = rows.length === 0 ? 'It has no keys.\n' : columns([['KEY', 'TYPE', 'DEFAULT', 'DESCRIPTION'], ...rows])
  return `${definition.kind} ${definition.type} (${packageName}@${version})\n${definition.description ?? ''}\n\n${keys}`
}
