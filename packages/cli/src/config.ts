import { maskedConfig, renderYaml } from '@weir/config'
import { type ConfigOptions, prepareFrom, report } from './prepared.ts'

export async function config(files: string[], options: ConfigOptions & { json?: boolean }): Promise<void> {
  const prepared = await prepareFrom(files, options)
  report(prepared)
  if (prepared.config === undefined) return
  const masked = maskedConfig(prepared.config, prepared.registry)
  process.stdout.write(options.json ? `${JSON.stringify(masked, undefined, 2)}\n` : renderYaml(masked))
}
