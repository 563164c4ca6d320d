/** Reads a config: finds it, merges and substitutes, checks it, and says where each mistake stands. */

export { backOff } from './back-off.ts'
export type { ComponentConfig, PipelineConfig, WeirConfig } from './config.ts'
export { byPosition, type Diagnostic, diagnostic, formatDiagnostics } from './diagnostic.ts'
export { freshUrl } from './fresh-url.ts'
export { configSchema } from './json-schema.ts'
export { type ConfigSource, type LoadOptions, loadConfig } from './load-config.ts'
export { locateConfig } from './locate.ts'
export { maskedConfig, renderYaml } from './mask.ts'
export { messageWithPlace } from './module-fault.ts'
export { bareProblem } from './own-check.ts'
export { type ConfigPath, locate, type Place, type Position } from './place.ts'
export { isConfigMap, readConfig } from './read.ts'
export type { RegistryView } from './registry-view.ts'
export { SchemaCheck } from './schema-check.ts'
export { defaultStateDir, type ServiceConfig, softLimitOf } from './service-schema.ts'
export {
  type DeadLetterSettings,
  type ExporterSettings,
  exporterKeys,
  type IsolationLimits,
  type LineSettings,
  lineKeys,
  standardKeys,
} from './standard-keys.ts'
export { type Validation, validateConfig } from './validate.ts'
