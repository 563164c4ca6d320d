import { type Definition, isWeirError, messageOf, resolveConfig } from '@weir/sdk'
import type { ConfigPath } from './place.ts'
import type { RegistryView } from './registry-view.ts'
import { SchemaCheck } from './schema-check.ts'

/** What is wrong with a component's config. */
export interface ConfigProblem {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  /** From the component's own keys on. */
  readonly path: ConfigPath
}

/** What the `check` of a definition says of a config that is valid by the schema. */
export function problemOf(definition: Definition | undefined, resolved: unknown): ConfigProblem | undefined {
  try {
    definition?.check?.(resolved)
    return undefined
  } catch (error) {
    if (!isWeirError(error)) {
      const message = `the config could not be checked: ${messageOf(error)}`
      return { code: 'WEIR_CONFIG_CHECK', message, hint: 'tell the author of the plugin', path: [] }
    }
    return { code: error.code, message: error.message, hint: error.hint, path: error.configPath ?? [] }
  }
}

/** What a type lacks where it is used by its name alone, without a config. */
export function bareProblem({
  definition,
  schema,
}: NonNullable<ReturnType<RegistryView['find']>>): ConfigProblem | undefined {
  const schemas = new SchemaCheck({ children: new Map() })
  schemas.check(schema, {}, [])
  return schemas.diagnostics[0] ?? problemOf(definition, resolveConfig(schema, {}))
}
