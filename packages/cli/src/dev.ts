import { join } from 'node:path'
import type { ConfigOptions } from './prepared.ts'
import { run } from './run.ts'

/** Runs a pipeline with a plugin from its source, and goes over to every change of it. */
export function dev(plugin: string, files: string[], options: ConfigOptions): Promise<void> {
  return run(files.length > 0 ? files : [join(plugin, 'weir.yaml')], { ...options, plugin: [plugin], watch: true })
}
