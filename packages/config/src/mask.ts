import { type Kind, sections } from '@weir/sdk'
import { stringify } from 'yaml'
import type { WeirConfig } from './config.ts'
import { type ConfigMap, isConfigMap } from './read.ts'
import type { RegistryView } from './registry-view.ts'
import { pluginsSchema, serviceSchema } from './service-schema.ts'

interface SchemaNode {
  readonly default?: unknown
  readonly writeOnly?: boolean
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly additionalProperties?: SchemaNode | boolean
  readonly patternProperties?: { readonly [pattern: string]: SchemaNode }
  readonly items?: SchemaNode
}

const mask = '****'
const credentials = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi
const queryToken =
  /([?&][^=&#\s]*(?:token|key|secret|pass|passwd|password|auth|sig|signature|credential)[^=&#\s]*=)[^&#\s]+/gi

/** A text without the user and password, and without the tokens, of the URLs in it. */
const maskUrls = (text: string): string => text.replace(credentials, `$1${mask}@`).replace(queryToken, `$1${mask}`)

/** The value as an operator would write it, with defaults filled in and nothing secret (`writeOnly`) left. */
function shown(described: object | undefined, value: unknown, isSecret = false): unknown {
  const schema: SchemaNode | undefined = described
  const given = value === undefined ? schema?.default : value
  const hides = isSecret || schema?.writeOnly === true
  if (typeof given === 'string') return hides && given !== '' ? mask : maskUrls(given)
  if (Array.isArray(given)) return given.map((item) => shown(schema?.items, item, hides))
  if (!isConfigMap(given)) return hides && given !== undefined && given !== null ? mask : given
  const { properties = {}, patternProperties, additionalProperties } = schema ?? {}
  const other =
    Object.values(patternProperties ?? {})[0] ??
    (typeof additionalProperties === 'object' ? additionalProperties : undefined)
  const names = new Set([...Object.keys(given), ...Object.keys(properties)])
  const entries = [...names].map((name): [string, unknown] => [
    name,
    shown(
      Object.hasOwn(properties, name) ? properties[name] : other,
      Object.hasOwn(given, name) ? given[name] : undefined,
      hides,
    ),
  ])
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
}

/** The config as it will be used, in the operator's own notation: merged, substituted, with defaults; secrets masked. */
export function maskedConfig(config: WeirConfig, registry: RegistryView): ConfigMap {
  const masked: ConfigMap = {}
  for (const [kind, section] of Object.entries(sections) as [Kind, string][]) {
    const components = [...(config.components.get(kind)?.values() ?? [])]
    if (components.length === 0) continue
    masked[section] = Object.fromEntries(
      components.map(({ id, type, raw }) => [id, shown(registry.find(kind, type)?.schema, raw)]),
    )
  }
  if (config.raw.plugins !== undefined) masked.plugins = shown(pluginsSchema, config.raw.plugins)
  masked.service = shown(serviceSchema, config.raw.service)
  return masked
}

/** A config as YAML. */
export const renderYaml = (config: object): string => stringify(config, { lineWidth: 0 })
