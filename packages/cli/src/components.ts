import type { RegisteredType } from '@weir/core'
import { sections } from '@weir/sdk'
import { exitCode } from './exit-code.ts'
import { prepareFrom } from './prepared.ts'

interface Property {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
  readonly properties?: { readonly [name: string]: Property }
  readonly items?: Property
  readonly weir?: string
  readonly required?: readonly string[]
}

export async function components(wanted: string | undefined, options: { json?: boolean }): Promise<void> {
  const { registry, pluginProblems } = await prepareFrom([])
  for (const { error } of pluginProblems) process.stderr.write(`warning: ${error.message}\n`)
  const types = registry.all().filter(({ definition }) => wanted === undefined || definition.type === wanted)
  if (types.length === 0) {
    process.stderr.write(`weir: there is no component type "${wanted}"; weir components shows what is installed\n`)
    process.exitCode = exitCode.invalid
    return
  }
  if (options.json) process.stdout.write(`${JSON.stringify(types.map(asJson), undefined, 2)}\n`)
  else process.stdout.write(wanted === undefined ? table(types) : types.map(page).join('\n'))
}

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
  const order = Object.keys(sections)
  rows.sort(
    (one, other) =>
      order.indexOf(one[0] ?? '') - order.indexOf(other[0] ?? '') || (one[1] ?? '').localeCompare(other[1] ?? ''),
  )
  return columns([['KIND', 'TYPE', 'STABILITY', 'PACKAGE', 'DESCRIPTION'], ...rows])
}

/** Rows in columns as wide as their widest cell. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0))) ?? []
  return `${rows.map((row) => row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join('  ')).join('\n')}\n`
}

function page({ definition, packageName, version, schema }: RegisteredType): string {
  const rows = [...keysOf(schema as Property, '')]
  return `${definition.kind} ${definition.type} (${packageName}@${version})
${definition.description ?? ''}

${rows.length === 0 ? 'It has no keys.\n' : columns([['KEY', 'TYPE', 'DEFAULT', 'DESCRIPTION'], ...rows])}`
}

function* keysOf(schema: Property, prefix: string): Iterable<string[]> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isRequired = schema.required?.includes(name) === true && property.default === undefined
    const fallback = isRequired ? '(required)' : property.default === undefined ? '' : JSON.stringify(property.default)
    if (property.properties === undefined) yield [prefix + name, typeOf(property), fallback, property.description ?? '']
    else {
      yield [prefix + name, 'map', '', property.description ?? '']
      yield* keysOf(property, `${prefix}${name}.`)
    }
  }
}

function typeOf(property: Property): string {
  if (property.enum !== undefined) return property.enum.map(String).join(' | ')
  if (property.weir !== undefined) return property.weir.replace(/^reference:/, 'id of a ')
  if (property.type === 'array') return `list of ${property.items === undefined ? 'values' : typeOf(property.items)}`
  return typeof property.type === 'string' ? property.type : (property.type?.join(' | ') ?? 'any')
}
