import { configSchema } from '@weir/core'
import { type ConfigOptions, prepareFrom } from './prepared.ts'

export async function schema(files: string[], options: ConfigOptions): Promise<void> {
  const { registry } = await prepareFrom(files, options)
  process.stdout.write(`${JSON.stringify(configSchema(registry), undefined, 2)}\n`)
}
