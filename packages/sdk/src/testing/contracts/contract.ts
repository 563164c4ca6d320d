import assert from 'node:assert/strict'
import type { Definition } from '../../define.ts'
import { resolveConfig } from '../../resolve-config.ts'
import type { HarnessOptions } from '../harness.ts'
import { createComponent, type TestServices, testServices } from '../services.ts'

/** One requirement that every plugin of a kind must meet: `for (const { name, run } of parserContract(…)) it(name, run)`. */
export interface Contract {
  name: string
  run(): void | Promise<void>
}

export interface ContractOptions extends HarnessOptions {
  /** How long starting, stopping and the like may take; 5 seconds if left out. */
  limitMs?: number
}

interface SchemaNode {
  readonly type?: unknown
  readonly description?: unknown
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly items?: SchemaNode
}

/** What a definition must tell about itself. */
export const documented = (definition: Definition): Contract => ({
  name: 'describes itself and every key of its config, with defaults that are valid',
  run() {
    assert.match(definition.type, /^[a-z][a-z0-9_]*$/, 'type is lower case letters, digits and _')
    assert.ok(definition.description, `${definition.type} has no description`)
    const schema: SchemaNode = definition.config ?? {}
    checkKeys(schema, definition.type)
    // Durations and sizes that cannot be read are found here.
    resolveConfig(schema, {})
  },
})

function checkKeys(node: SchemaNode, path: string): void {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const at = `${path}.${name}`
    assert.ok(child.description, `${at} has no description`)
    if (child.default !== undefined) assert.equal(faultOfDefault(child), undefined, `the default of ${at}`)
    checkKeys(child, at)
    if (child.items !== undefined) checkKeys(child.items, `${at}[]`)
  }
}

/** Why a default is not valid by its own schema. */
function faultOfDefault({
  default: value,
  type,
  enum: words,
  pattern,
  minimum,
  maximum,
}: SchemaNode): string | undefined {
  const types = [type ?? []].flat()
  if (types.length > 0 && !types.some((one) => isOfType(value, one))) return `is not of type ${types.join(' or ')}`
  if (words !== undefined && !words.includes(value)) return `is none of ${words.join(', ')}`
  if (typeof value === 'string' && pattern !== undefined && !new RegExp(pattern, 'u').test(value))
    return `does not match ${pattern}`
  if (typeof value === 'number' && (value < (minimum ?? value) || value > (maximum ?? value)))
    return 'is out of its range'
  return undefined
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'null') return value === null
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

/** Makes a component, with services of its own unless they are given. */
export function making<Instance>(definition: Definition<Definition['kind'], Instance>, options: ContractOptions) {
  return (services: TestServices = testServices(options.services)) => ({
    component: createComponent(definition, options.config, services),
    services,
  })
}
