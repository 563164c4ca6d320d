/** Finds, loads, installs and registers plugins. */
export { loadPlugins, type PluginProblem } from './load-plugins.ts'
export { type InstalledPlugin, PluginFolder, type PluginOrigin, type PluginUpdate } from './plugin-folder.ts'
export { registerPluginHooks } from './plugin-modules.ts'
export { type RegisteredType, Registry } from './registry.ts'
export { usedWords } from './used-words.ts'
