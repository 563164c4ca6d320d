import assert from 'node:assert/strict'
import type { Definition } from '../../define.ts'

/** One requirement that every plugin of a kind must meet: `for (const { name, run } of parserContract(…)) it(name, run)`. */
export interface Contract {
  name: string
  run(): void | Promise<void>
}

interface SchemaNode {
  description?: unknown
  properties?: { [name: string]: SchemaNode }
}

/** What a definition must tell about itself. */
export const documented = (definition: Definition): Contract => ({
  name: 'describes itself and every key of its config',
  run() {
    assert.match(definition.type, /^[a-z][a-z0-9_]*$/, 'type is lower case letters, digits and _')
    assert.ok(definition.description, `${definition.type} has no description`)
    const visit = (node: SchemaNode, path: string) => {
      for (const [name, child] of Object.entries(node.properties ?? {})) {
        assert.ok(child.description, `${path}.${name} has no description`)
        visit(child, `${path}.${name}`)
      }
    }
    visit((definition.config ?? {}) as SchemaNode, definition.type)
  },
})
