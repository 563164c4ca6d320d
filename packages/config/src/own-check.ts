import { type Definition, formatDuration, isWeirError, messageOf, resolveConfig } from '@weir/sdk'
import type { ComponentConfig } from './config.ts'
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

/** What is wrong with the keys that every exporter and connector has, where the schema cannot say it. */
export function standardProblem({ kind, raw, resolved }: ComponentConfig): ConfigProblem | undefined {
  if (kind !== 'exporter' && kind !== 'connector') return undefined
  const code = 'WEIR_CONFIG_VALUE'
  const { initial_interval: initial, max_interval: max } = Object(resolved.retry_on_failure)
  const isGiven = Object(raw.retry_on_failure).initial_interval !== undefined
  if (isGiven && initial > max) {
    const message = `it is longer than max_interval, which is ${formatDuration(max)}`
    const path = ['retry_on_failure', 'initial_interval']
    return { code, message, hint: 'lower it, or raise max_interval', path }
  }
  if (resolved.timeout === 0) {
    const message = 'no attempt can succeed in no time'
    return { code, message, hint: 'write a time such as 30s, or leave it out', path: ['timeout'] }
  }
  return undefined
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
